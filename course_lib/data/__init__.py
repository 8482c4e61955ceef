"""The data of the lectures. They travel in the package or in scikit-learn: no lecture needs the network."""

from course_lib.data.fashion import CLASS_NAMES, DataError, FashionMNIST, fashion_mnist
from course_lib.data.pictures import average_pool
from course_lib.data.progression import FEATURE_NAMES, Diabetes, diabetes

__all__ = [
    "CLASS_NAMES", "FEATURE_NAMES", "DataError", "Diabetes", "FashionMNIST", "average_pool", "diabetes",
    "fashion_mnist",
]  # fmt: skip
