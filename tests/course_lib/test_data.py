"""Fashion-MNIST: what comes back is what was published, or an error that says what is wrong."""

import hashlib
import re
import shutil
import struct
import time
import zlib

import numpy as np
import pytest

from course_lib.data import CLASS_NAMES, DataError, FashionMNIST, fashion, fashion_mnist

MD5 = {  # as in the authors' README
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
}
NAMES = sorted(MD5)


@pytest.fixture(scope="module")
def everything() -> FashionMNIST:
    return fashion_mnist()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the files that a test may damage."""
    copied = shutil.copytree(fashion.FOLDER, tmp_path / "files")
    monkeypatch.setattr(fashion, "FOLDER", copied)
    return copied


# ------------------------------------------------------------------------------------------ what comes back


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_the_published_one(name):
    assert hashlib.md5((fashion.FOLDER / name).read_bytes()).hexdigest() == MD5[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_beside_the_files_names_their_checksums(name):
    packed = (fashion.FOLDER / name).read_bytes()
    row = f"| {name} | {len(packed)} | {MD5[name]} | {hashlib.sha256(packed).hexdigest()} |"
    assert row in (fashion.FOLDER / "README.md").read_text("utf-8")


def test_the_licence_lies_beside_the_files():
    text = (fashion.FOLDER / "LICENSE").read_text("utf-8")
    assert "2017 Zalando SE" in text and "Permission is hereby granted, free of charge" in text


def test_shapes_and_types_are_those_of_keras(everything):
    assert [(a.shape, a.dtype.name) for a in everything] == [
        ((60000, 28, 28), "uint8"), ((60000,), "uint8"), ((0, 28, 28), "uint8"), ((0,), "uint8"),
        ((10000, 28, 28), "uint8"), ((10000,), "uint8"),
    ]  # fmt: skip


def test_every_class_is_equally_frequent(everything):
    assert np.bincount(everything.y_train).tolist() == [6000] * 10
    assert np.bincount(everything.y_test).tolist() == [1000] * 10


def test_the_first_labels_are_the_known_ones(everything):
    assert everything.y_train[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert everything.y_test[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
    assert [CLASS_NAMES[y] for y in everything.y_train[:2]] == ["Ankle boot", "T-shirt/top"]
    assert len(CLASS_NAMES) == 10


def test_pixels_agree_with_an_independent_reading_of_the_files(everything):
    raw = zlib.decompress((fashion.FOLDER / "t10k-images-idx3-ubyte.gz").read_bytes(), wbits=31)
    assert struct.unpack(">4i", raw[:16]) == (2051, 10000, 28, 28)
    assert everything.x_test.tobytes() == raw[16:]
    raw = zlib.decompress((fashion.FOLDER / "train-labels-idx1-ubyte.gz").read_bytes(), wbits=31)
    assert struct.unpack(">2i", raw[:8]) == (2049, 60000)
    assert everything.y_train.tobytes() == raw[8:]


def test_moments_of_the_first_pictures(everything):
    x = everything.x_train[:256] / 255.0
    assert x.mean() == pytest.approx(0.29008, abs=5e-6)
    assert x.std() == pytest.approx(0.35431, abs=5e-6)


def test_scaling_divides_by_255_in_float32(everything):
    scaled = fashion_mnist(train=300, valid=20, test=30, scale=True)
    for x, part in ((scaled.x_valid, everything.x_train[:20]), (scaled.x_train, everything.x_train[20:320])):
        assert x.dtype == np.float32
        np.testing.assert_array_equal(x, part.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(scaled.x_test, everything.x_test[:30].astype(np.float32) / np.float32(255))
    assert scaled.x_train.min() == 0 and scaled.x_train.max() == 1
    assert scaled.y_train.dtype == np.uint8


def test_validation_comes_first_then_training(everything):
    data = fashion_mnist(train=10_000, valid=5_000)
    np.testing.assert_array_equal(data.x_valid, everything.x_train[:5_000])
    np.testing.assert_array_equal(data.y_valid, everything.y_train[:5_000])
    np.testing.assert_array_equal(data.x_train, everything.x_train[5_000:15_000])
    np.testing.assert_array_equal(data.y_train, everything.y_train[5_000:15_000])
    assert len(data.x_test) == 10_000


def test_train_none_takes_all_that_follow_validation(everything):
    data = fashion_mnist(valid=59_990)
    np.testing.assert_array_equal(data.y_train, everything.y_train[59_990:])


def test_test_is_the_first_of_the_test_pictures(everything):
    data = fashion_mnist(train=0, test=7)
    np.testing.assert_array_equal(data.x_test, everything.x_test[:7])
    assert data.x_train.shape == (0, 28, 28)


def test_the_arrays_are_the_callers_to_change():
    first = fashion_mnist(train=5, valid=5, test=5)
    for array in first:
        assert array.flags.writeable and array.flags.owndata
        array[...] = 1
    assert fashion_mnist(train=5, valid=5, test=5).y_valid.tolist() == [9, 0, 0, 3, 0]


def test_counts_may_be_numpy_integers():
    assert len(fashion_mnist(train=np.int64(3), valid=np.uint8(2), test=np.int32(1)).y_train) == 3


def test_everything_loads_in_under_a_second_checks_included():
    began = time.process_time()
    fashion_mnist(scale=True)
    assert time.process_time() - began < 1.0


# ------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize("name", NAMES)
def test_a_flipped_byte_is_noticed(folder, name):
    for position in (0, 4, 9, -1, 2000):  # header, time stamp, system, length at the end, data
        good = (folder / name).read_bytes()
        bad = bytearray(good)
        bad[position] ^= 1
        (folder / name).write_bytes(bad)
        with pytest.raises(DataError, match=rf"{name}: its SHA-256 is not the published one.*[Ii]nstall course-lib"):
            fashion_mnist(train=1, test=1)
        (folder / name).write_bytes(good)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b"", lambda b: b[:5000]])
def test_a_file_that_is_too_short_or_too_long_is_noticed(folder, name, change):
    packed = (folder / name).read_bytes()
    (folder / name).write_bytes(change(packed))
    expected = rf"{name}: has {len(change(packed))} bytes instead of {len(packed)}\. Install course-lib again\."
    with pytest.raises(DataError, match=expected):
        fashion_mnist(train=1, test=1)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_says_where_the_data_are(folder, name):
    (folder / name).unlink()
    with pytest.raises(DataError, match=rf"{name}: the file is missing.*Colab or Jupyter.*nstall course-lib"):
        fashion_mnist()


def test_a_package_without_the_files_says_where_the_data_are(folder):
    shutil.rmtree(folder)
    with pytest.raises(DataError, match="Live cells in the page come without the pictures"):
        fashion_mnist()


def test_a_folder_in_a_files_place_is_noticed(folder):
    (folder / NAMES[0]).unlink()
    (folder / NAMES[0]).mkdir()
    with pytest.raises(DataError, match=rf"{NAMES[0]}: the file cannot be read \(Is a directory\)"):
        fashion_mnist()


def test_messages_are_one_line(folder):
    (folder / NAMES[0]).unlink()
    with pytest.raises(DataError) as caught:
        fashion_mnist()
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"train": -1}, "train: got -1; takes 0 to 60000"),
        ({"train": 60_001}, "train: got 60001; takes 0 to 60000"),
        ({"train": 55_001, "valid": 5_000}, "train: got 55001; takes 0 to 55000"),
        ({"valid": 60_001}, "valid: got 60001; takes 0 to 60000"),
        ({"valid": -5}, "valid: got -5; takes 0 to 60000"),
        ({"test": 10_001}, "test: got 10001; takes 0 to 10000"),
        ({"test": -1}, "test: got -1; takes 0 to 10000"),
    ],
)
def test_a_count_out_of_range_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fashion_mnist(**arguments)


@pytest.mark.parametrize("argument", ["train", "valid", "test"])
@pytest.mark.parametrize("value", [0.5, 100.0, "10", True, np.True_, [1], np.array([1, 2]), 1j])
def test_a_count_of_another_type_is_refused(argument, value):
    with pytest.raises(TypeError, match=rf"^{argument}: got .*; takes a whole number$"):
        fashion_mnist(**{argument: value})


@pytest.mark.parametrize("value", [None, 1, 255, "yes"])
def test_scale_is_true_or_false(value):
    with pytest.raises(TypeError, match=rf"^scale: got {value!r}; takes True or False$"):
        fashion_mnist(scale=value)


def test_arguments_are_checked_before_the_files(folder):
    shutil.rmtree(folder)
    with pytest.raises(ValueError, match="train"):
        fashion_mnist(train=-1)


def test_no_count_is_mistaken_for_no_limit():
    # zlib's max_length=0 means "all": the header keeps it from ever being 0.
    assert fashion_mnist(train=0, valid=0, test=0).x_test.shape == (0, 28, 28)
