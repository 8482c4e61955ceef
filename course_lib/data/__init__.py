"""The data of the lectures. They travel in the package: no lecture needs the network."""

from course_lib.data.fashion import CLASS_NAMES, DataError, FashionMNIST, fashion_mnist

__all__ = ["CLASS_NAMES", "DataError", "FashionMNIST", "fashion_mnist"]
