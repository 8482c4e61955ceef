"""Fashion-MNIST: 70,000 gray pictures of clothes, 28 by 28 pixels, in ten classes.

    data = fashion_mnist(train=10_000, valid=5_000, scale=True)
    data.x_train                      # float32 in [0, 1], shape (10000, 28, 28)

The four files lie beside this module, byte for byte as their authors published them. A file is compared with its
published checksum before a single picture is taken from it, so what comes back is either the data set or an error.
"""

from __future__ import annotations

import hashlib
import operator
import zlib
from pathlib import Path
from typing import Any, NamedTuple, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from course_lib._arguments import flag

FOLDER = Path(__file__).parent / "fashion_mnist_files"

CLASS_NAMES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
"""What the labels 0 to 9 mean."""

TRAIN, TEST = 60_000, 10_000  # pictures in the published files


class File(NamedTuple):
    """A published file: name, size in bytes, SHA-256, length of its header, shape of one item."""

    name: str
    size: int
    sha256: str
    header: int
    item: tuple[int, ...]


TRAIN_IMAGES = File(
    "train-images-idx3-ubyte.gz", 26_421_880,
    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 16, (28, 28),
)  # fmt: skip
TRAIN_LABELS = File(
    "train-labels-idx1-ubyte.gz", 29_515,
    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 8, (),
)  # fmt: skip
TEST_IMAGES = File(
    "t10k-images-idx3-ubyte.gz", 4_422_102,
    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 16, (28, 28),
)  # fmt: skip
TEST_LABELS = File(
    "t10k-labels-idx1-ubyte.gz", 5_148,
    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 8, (),
)  # fmt: skip


class DataError(OSError):
    """A data file is missing or damaged; the message names the file, what is wrong, and what to do."""


class FashionMNIST(NamedTuple):
    """Pictures x of shape (n, 28, 28) and labels y of shape (n,), in three parts that share no picture."""

    x_train: NDArray[Any]
    y_train: NDArray[np.uint8]
    x_valid: NDArray[Any]
    y_valid: NDArray[np.uint8]
    x_test: NDArray[Any]
    y_test: NDArray[np.uint8]


def fashion_mnist(
    train: SupportsIndex | None = None,
    valid: SupportsIndex = 0,
    test: SupportsIndex | None = None,
    *,
    scale: bool = False,
) -> FashionMNIST:
    """Fashion-MNIST, split by counts.

    The order is that of the files, so a split is the same everywhere: validation is the first `valid` of the 60,000
    training pictures, training is the `train` that follow, test is the first `test` of the 10,000 test pictures.

    Args:
        train: number of training pictures, 0 to 60,000 - valid; None takes all that follow the validation pictures.
        valid: number of validation pictures, 0 to 60,000.
        test: number of test pictures, 0 to 10,000; None takes all.
        scale: False gives the pixels as they are, uint8 from 0 to 255; True divides by 255: float32 from 0 to 1.

    Returns:
        (x_train, y_train, x_valid, y_valid, x_test, y_test): new arrays, yours to change. Labels are uint8.

    Raises:
        DataError: a file is missing or is not what was published. Nothing is returned.
        ValueError, TypeError: an argument is out of range, or of a wrong type.

    Differs from `keras.datasets.fashion_mnist.load_data`, which gives two pairs without a validation part and needs
    the network; the arrays are the same. Keras' `validation_split` takes the last pictures for validation, not the
    first: for that split, leave `valid` at 0 and leave the splitting to `fit`.

    Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", 2017, arXiv:1708.07747.

    >>> data = fashion_mnist(train=10_000, valid=5_000)
    >>> data.x_train.shape, data.x_valid.shape, data.x_test.shape
    ((10000, 28, 28), (5000, 28, 28), (10000, 28, 28))
    >>> CLASS_NAMES[data.y_valid[0]]
    'Ankle boot'
    """
    n_valid = _count("valid", valid, TRAIN)
    n_train = _count("train", TRAIN - n_valid if train is None else train, TRAIN - n_valid)
    n_test = _count("test", TEST if test is None else test, TEST)
    scale = flag("scale", scale)
    n = n_valid + n_train
    x, y = _read(TRAIN_IMAGES, n), _read(TRAIN_LABELS, n)
    x_test, y_test = _read(TEST_IMAGES, n_test), _read(TEST_LABELS, n_test)
    pixels = _scaled if scale else np.copy
    return FashionMNIST(
        pixels(x[n_valid:]), y[n_valid:].copy(), pixels(x[:n_valid]), y[:n_valid].copy(), pixels(x_test), y_test.copy()
    )


def _scaled(x: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.divide(x, 255, dtype=np.float32)


def _count(name: str, value: SupportsIndex, most: int) -> int:
    """The argument as an int from 0 to `most`."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: got {value!r}; takes a whole number")
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: got {value!r}; takes a whole number") from None
    if not 0 <= count <= most:
        raise ValueError(f"{name}: got {count}; takes 0 to {most}")
    return count


def _read(file: File, count: int) -> NDArray[np.uint8]:
    """The first `count` items of a file, after the whole of it was found to be what was published."""
    path = FOLDER / file.name
    try:
        packed = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"{path}: the file is missing. Live cells in the page come without the pictures: run this lecture in "
            "Colab or Jupyter. Elsewhere install course-lib again."
        ) from None
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read ({error.strerror}). Install course-lib again.") from error
    if len(packed) != file.size:
        raise DataError(f"{path}: has {len(packed)} bytes instead of {file.size}. Install course-lib again.")
    if hashlib.sha256(packed).hexdigest() != file.sha256:
        raise DataError(f"{path}: its SHA-256 is not the published one: it is damaged. Install course-lib again.")
    # The checksum vouches for the header too, so that only what is asked for need be unpacked.
    length = file.header + count * int(np.prod(file.item))
    raw = zlib.decompressobj(wbits=31).decompress(packed, length)
    return np.frombuffer(raw, np.uint8, offset=file.header).reshape(count, *file.item)
