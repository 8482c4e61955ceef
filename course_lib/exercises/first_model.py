"""Self-checks of the lecture "A first model, honestly measured"."""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checks import Exercise, Mistake, a_function, an_array, an_order

# 1: how many pictures give an accuracy p the standard error e

_WANTED = ((0.9, 0.001), (0.8, 0.01), (0.97, 0.002), (0.35, 0.02))


def _counts(answer: Any) -> Any:
    needed = a_function(answer)
    return an_array([needed(p, e) for p, e in _WANTED], (len(_WANTED),))


def _just_enough(counts: Any) -> bool:
    """Whether these counts reach the wanted error, and one picture fewer would not. Rounding up is fine."""
    p, e = np.array(_WANTED).T
    if np.any(counts <= 1):
        return False
    reached = np.sqrt(p * (1 - p) / counts)
    fewer = np.sqrt(p * (1 - p) / (counts - 1))
    return bool(np.all(reached <= e * (1 + 1e-9)) and np.all(fewer > e * (1 - 1e-9)))


# 2: an honest protocol. Each rule: what must come before what, in the order in which it is told

_BEFORE = ("EA", "DG", "DB", "GB", "CF", "FB", "BE")


def _broken_rule(answer: Any) -> str:
    order = an_order(answer, "ABCDEFG")
    broken = [rule for rule in _BEFORE if order.index(rule[0]) > order.index(rule[1])]
    return broken[0] if broken else "none"


# 3: the cross-entropy of soft decisions


def _decisions() -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(3)
    cases = []
    for n, classes in ((3, 3), (8, 10), (5, 4)):
        e = np.exp(2 * rng.normal(size=(n, classes)))
        cases.append((e / e.sum(axis=1, keepdims=True), rng.integers(classes, size=n)))
    return cases


def _losses(answer: Any) -> Any:
    loss = a_function(answer)
    cases = _decisions()
    return an_array([loss(p, labels) for p, labels in cases], (len(cases),))


def _charges_the_truth(losses: Any) -> bool:
    """exp(-loss) is the geometric mean of the probabilities of the true classes."""
    means = [np.prod([p[i, k] for i, k in enumerate(labels)]) ** (1 / len(labels)) for p, labels in _decisions()]
    return bool(np.allclose(np.exp(-losses), means, rtol=1e-6))


def _of_truth(p: Any, labels: Any) -> Any:
    return p[np.arange(len(labels)), labels]


# 4: the standard error of a difference on the same pictures


def _pairs() -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(4)
    pairs = []
    for n, level, agree in ((400, 0.8, 0.7), (1_000, 0.9, 0.95), (50, 0.4, 0.2)):
        a = rng.random(n) < level
        b = np.where(rng.random(n) < agree, a, rng.random(n) < level - 0.3)
        pairs.append((a, b))
    return pairs


def _errors(answer: Any) -> Any:
    error = a_function(answer)
    pairs = _pairs()
    return an_array([error(a, b) for a, b in pairs], (len(pairs),))


def _of_the_difference(errors: Any) -> bool:
    """From the counts: a alone is right on `u` of n pictures, b alone on `v`. Dividing by n or n - 1 is fine."""
    for error, (a, b) in zip(errors, _pairs(), strict=True):
        n, u, v = len(a), np.sum(a & ~b), np.sum(b & ~a)
        variance = (u + v) / n - ((u - v) / n) ** 2
        if not any(np.isclose(error, np.sqrt(variance / m), rtol=1e-6) for m in (n, n - 1)):
            return False
    return True


def _error_of(right: Any) -> Any:
    p = np.mean(right)
    return np.sqrt(p * (1 - p) / len(right))


EXERCISES: dict[int, Exercise] = {
    1: Exercise(
        observe=_counts,
        right=_just_enough,
        mistakes=(
            Mistake("the error is not squared", lambda p, e: p * (1 - p) / e,
                   "Too few: put your n back into the formula. When you square the root away, e gets squared as well."),
            Mistake("standard deviation over error", lambda p, e: np.sqrt(p * (1 - p)) / e,
                   "This is where the error of a sum stands against n, not that of a mean: n is still under a root."),
            Mistake("variance p instead of p(1-p)", lambda p, e: p / e**2,
                   "Too many: this says that a network that is always right has the largest error. "
                   "What is the variance of one picture?"),
            Mistake("the worst case for every p", lambda p, e: 0.25 / e**2,
                   "This is what you need if you know nothing about p. Here p is known, so fewer will do."),
        ),
        otherwise="Not right: put p and your n back into the formula; does e come out?",
    ),
    2: Exercise(
        observe=_broken_rule,
        right=lambda broken: bool(broken == "none"),
        mistakes=(
            Mistake("chooses after the test", "DGCFBAE",
                   "You look at the test pictures before you have chosen: whoever saw that number can choose by it."),
            Mistake("computes from all pictures, then splits", "GDCFBEA",
                   "There is no training part yet when you average it: validation and test pictures leak into G."),
            Mistake("splits after fitting", "CFBDGEA",
                   "The network is fitted before the pictures are split: on which? It has seen the test pictures."),
            Mistake("prepares the pictures after fitting", "DCFBGEA",
                   "The network learns from pictures prepared in one way, and is measured on others."),
            Mistake("sets the seed after building", "DGFCBEA",
                   "The first weights are drawn before the seed is set: another person gets other weights."),
            Mistake("fits before building", "DGCBFEA",
                   "There is no model yet to fit; or there is, and you train one and then use a fresh one."),
            Mistake("chooses before fitting", "DGCFEBA",
                   "You choose an epoch before there is any."),
        ),
        otherwise="Not right: read your lines aloud, and ask after each what it needs from those before it.",
    ),
    3: Exercise(
        observe=_losses,
        right=_charges_the_truth,
        mistakes=(
            Mistake("the largest probability", lambda p, labels: -np.log(p.max(axis=1)).mean(),
                   "Not yet: the labels are not used. This number falls when the network gets surer, right or wrong."),
            Mistake("no minus sign", lambda p, labels: np.log(_of_truth(p, labels)).mean(),
                   "The logarithm of a probability is negative: a loss must fall when the network believes the truth."),
            Mistake("sum instead of mean", lambda p, labels: -np.log(_of_truth(p, labels)).sum(),
                   "This grows with the number of pictures: it is their sum, and cannot be compared between sets."),
            Mistake("mean before the logarithm", lambda p, labels: -np.log(_of_truth(p, labels).mean()),
                   "You average the probabilities and then take the logarithm. Each picture pays for itself: "
                   "logarithm first. Your order forgives sure mistakes."),
            Mistake("logarithm to base 2", lambda p, labels: -np.log2(_of_truth(p, labels)).mean(),
                   "Right up to a factor: this counts in bits, base 2. Keras uses the natural logarithm."),
            Mistake("expected instead of true class", lambda p, labels: -(p * np.log(p)).sum(axis=1).mean(),
                   "This is the entropy: what the network expects to pay. The labels are still not used."),
            Mistake("distance from certainty", lambda p, labels: (1 - _of_truth(p, labels)).mean(),
                   "This charges a sure mistake at most 1. The logarithm charges it without limit."),
        ),
        otherwise="Not right: which probability of each picture does the cross-entropy look at?",
    ),
    4: Exercise(
        observe=_errors,
        right=_of_the_difference,
        mistakes=(
            Mistake("as if on two sets", lambda a, b: np.sqrt(_error_of(a) ** 2 + _error_of(b) ** 2),
                   "Variances add for independent measurements. These two share their pictures: a hard picture is hard "
                   "for both. What is the difference on one picture?"),
            Mistake("formula of an accuracy at the difference", lambda a, b: _error_of(a != b),
                   "This is the error of the share of pictures on which they disagree. A difference has a sign: "
                   "its value on one picture is -1, 0 or 1."),
            Mistake("spread of one picture", lambda a, b: np.std(a * 1.0 - b * 1.0),
                   "This is the standard deviation of one picture. You report the mean of n of them."),
            Mistake("divided by n", lambda a, b: np.std(a * 1.0 - b * 1.0) / len(a),
                   "The variance of a mean falls like 1/n; its standard deviation does not fall that fast."),
            Mistake("difference of the errors", lambda a, b: abs(_error_of(a) - _error_of(b)),
                   "Errors do not subtract: two equally good networks would then differ with no error at all."),
            Mistake("error of one of them", lambda a, b: _error_of(a),
                   "This is the error of network a alone; the other one is not in it."),
        ),
        otherwise="Not right: write down d = right_a - right_b for ten pictures, and take the error of its mean.",
    ),
}  # fmt: skip
