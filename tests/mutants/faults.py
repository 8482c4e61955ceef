"""Faults that were chosen: a text of a module that is there exactly once, and what stands there instead.

They are the slips that a reader of the formulas makes, and that training hides: a network with a misplaced epsilon
learns all the same. To each module as many are drawn as are chosen (syntax.py), so that the tests are not only good
against what we thought of.

Every module with a place for a fault is in TABLE, with 3 to 8 of them, or in LEFT_OUT with the reason.
"""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """What is wrong in a few words, the text that is replaced, and by what."""

    name: str
    old: str
    new: str


class Subject(NamedTuple):
    """A module under mutation.

    chosen: its faults, 1 to 4.
    tests: its own test files, the quick ones first.
    libraries: what these need besides NumPy, to be loaded before the forks.
    scopes: functions and classes that faults are drawn from; the empty tuple for all of them.
    """

    chosen: tuple[Fault, ...]
    tests: tuple[str, ...]
    libraries: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()


def _of(*files: str) -> tuple[str, ...]:
    return tuple(f"tests/course_lib/test_{file}.py" for file in files)


KERAS = ("keras",)

TABLE = {
    # ----------------------------------------------------------------------------------------- what the others use
    "course_lib._arguments": Subject(
        (
            Fault("True is a number", "if isinstance(got, bool) or not isinstance(got, (int, float)):",
                  "if not isinstance(got, (int, float)):"),
            Fault("an open interval is closed", 'got >= low if ends[0] == "[" else got > low', "got >= low"),
            Fault("NumPy's float64 is kept", "return float(got)", "return value"),
            Fault("a long argument is shown whole", 'text if len(text) <= 60 else text[:57] + "..."', "text"),
        ),
        _of("arguments"),
    ),
    "course_lib._array": Subject(
        (
            Fault("a list is taken for a tensor", "_NUMPY = (*SCALARS, list, tuple)", "_NUMPY = SCALARS"),
            Fault("complex numbers pass", 'array.dtype.kind != "f"', 'array.dtype.kind not in "fc"'),
        ),
        _of("arguments"),
    ),
    "course_lib._numbers": Subject(
        (
            Fault("the size is compared, not the shape", "array.shape != shape", "array.size != int(np.prod(shape))"),
            Fault("a generator of the old kind passes", "isinstance(rng, np.random.Generator)",
                  "isinstance(rng, np.random.Generator | np.random.RandomState)"),
            Fault("squares overflow", "np.square(x / size)", "np.square(x) / np.square(size)"),
            Fault("zeros have no norm", "np.where(size == 0, 1.0, size)", "size"),
        ),
        _of("numbers"),
    ),
    # ----------------------------------------------------------------------------------------- formulas
    "course_lib.activations": Subject(
        (
            Fault("relu has slope 1 at the kink", "np.where(x > 0, 1.0, 0.0)", "np.where(x >= 0, 1.0, 0.0)"),
            Fault("the slope of selu without its scale", "return SCALE * np.where(x >= 0, 1.0,",
                  "return np.where(x >= 0, 1.0,"),
            Fault("the density without the x before it", "+ x * np.exp(-np.square(x) / 2)",
                  "+ np.exp(-np.square(x) / 2)"),
            Fault("sign in the Jacobian of softmax", "(np.eye(p.shape[-1]) - p[..., None, :])",
                  "(np.eye(p.shape[-1]) + p[..., None, :])"),
        ),
        _of("activations"),
    ),
    "course_lib.approximation": Subject(
        (
            Fault("a bump is a dent", "(up[..., :-1] - up[..., 1:])", "(up[..., 1:] - up[..., :-1])"),
            Fault("as high as the function at the left edge", "(edges[:-1] / 2 + edges[1:] / 2)", "(edges[:-1])"),
            Fault("sign of the hidden biases", "biases = -weight * positions", "biases = weight * positions"),
            Fault("both steps of a bump lead up", "[heights, -heights]", "[heights, heights]"),
        ),
        _of("approximation"),
    ),
    "course_lib.backprop": Subject(
        (
            Fault("mean over the examples in place of the sum", "delta.sum(0)", "delta.mean(0)"),
            Fault("the last layer has the activation of the others", "(output_activation or activation,)",
                  "(activation,)"),
            Fault("the slope left out", "errors.append(slope * upstream)", "errors.append(upstream)"),
            Fault("the sum of the layer before", "[1](cache.sums[k])", "[1](cache.sums[max(k - 1, 0)])"),
        ),
        _of("backprop"),
    ),
    "course_lib.batch_norm": Subject(
        (
            Fault("biased where unbiased is asked for", "(n / (n - 1) if unbiased else 1.0)", "1.0"),
            Fault("momentum is the weight of the new",
                  "momentum * old.astype(np.float64) + (1 - momentum) * new",
                  "(1 - momentum) * old.astype(np.float64) + momentum * new"),
            Fault("epsilon outside of the root, at inference", "np.sqrt(old_variance.astype(np.float64) + epsilon)",
                  "np.sqrt(old_variance.astype(np.float64)) + epsilon"),
            Fault("the gradient through the variance left out", " - normal * (dgamma / n))", ")"),
        ),
        _of("batch_norm"),
    ),
    "course_lib.clipping": Subject(
        (
            Fault("epsilon left out", "length = ratio + epsilon / size", "length = ratio"),
            Fault("short gradients are made longer", "if length <= c / size:", "if length < 0:"),
            Fault("cut off above only", 'np.clip(reals("g", g), -c, c)', 'np.minimum(reals("g", g), c)'),
            Fault("the norm after clipping", "norm = size * ratio", "norm = min(size * ratio, c)"),
        ),
        _of("clipping"),
    ),
    "course_lib.curvature": Subject(
        (
            Fault("slopes ahead only", "slope(w - h * v)", "slope(w)"),
            Fault("half of the distance forgotten", "/ (2 * h)", "/ h"),
            Fault("the length of the product, not the curvature", "float(np.sum(v * product))",
                  "float(np.linalg.norm(product))"),
        ),
        _of("curvature"),
    ),
    "course_lib.dropout": Subject(
        (
            Fault("1 / (1 - rate) is missing", "scale = 1 / (1 - rate) if rate < 1 else 0.0",
                  "scale = 1.0 if rate < 1 else 0.0"),
            Fault("rate is the share that is kept", ">= rate\n    scale", "< rate\n    scale"),
            Fault("the mean is not restored", "b = -a * ALPHA_PRIME * rate", "b = 0.0"),
            Fault("the factor of plain dropout", "1 / math.sqrt((1 - rate) * (1 + rate * ALPHA_PRIME**2))",
                  "1 / (1 - rate)"),
        ),
        _of("dropout"),
    ),
    "course_lib.thinned": Subject(
        (
            Fault("rate is the share that is kept", "kept == 1, 1 - rate, rate", "kept == 1, rate, 1 - rate"),
            Fault("the penalty of the square of the rate", "* rate / (1 - rate))", "* rate**2 / (1 - rate))"),
            Fault("the mean square of the inputs is left out", "np.mean((rows * kernel) ** 2, axis=0)", "kernel**2"),
            Fault("weights that are not divided by their sum", "share[used] / share.sum()", "share[used]"),
        ),
        _of("thinned", "refusals"),
    ),
    "course_lib.early_stopping": Subject(
        (
            Fault("one epoch too late", "elif i - best >= patience:", "elif i - best > patience:"),
            Fault("the smallest of all, seen or not", "return best, i", "return int(np.argmin(losses)), i"),
            Fault("what is left, for what is learned", "np.asarray(1 - (1 - eta", "np.asarray((1 - eta"),
            Fault("who chose judges", "honest = at(other, i, -1) / 2 + at(one, j, -1) / 2",
                  "honest = at(one, i, -1) / 2 + at(other, j, -1) / 2"),
        ),
        _of("early_stopping"),
    ),
    "course_lib.noisy_bowl": Subject(
        (
            Fault("noise enters with the learning rate, not its square", "np.square(rate * sigma)",
                  "rate * np.square(sigma)"),
            Fault("the mean in the place of the mean square", "np.square(1 - rate * bend)", "(1 - rate * bend)"),
            Fault("the floor of small learning rates", "left = 2 - eta * bend", "left = 2 + 0 * eta * bend"),
            Fault("the edge is at overshoot", "np.where(left > 0", "np.where(left > 1"),
        ),
        _of("noisy_bowl"),
    ),
    "course_lib.side_by_side._stacks": Subject(
        (
            Fault("as many classes as there are outputs, and one more", "(array < 0) | (array >= below)",
                  "(array < 0) | (array > below)"),
            Fault("layers that do not fit each other", "        into = kernels[2]\n", ""),
        ),
        _of("side_by_side", "refusals"),
    ),
    "course_lib.side_by_side._passes": Subject(
        (
            Fault("gradients of the sum, not of the mean", "return losses, delta / y.shape[1]", "return losses, delta"),
            Fault("the slope of ReLU is left out", " * (given[k] != 0)", " * 1"),
            Fault("what was dropped on the way up is not dropped on the way down", "                delta *= factor\n",
                  "                pass\n"),
            Fault("no slope where a factor is below 0", "(given[k] != 0)", "(given[k] > 0)"),
        ),
        _of("side_by_side", "side_by_side_options"),
    ),
    "course_lib.side_by_side.networks": Subject(
        (
            Fault("all runs begin alike", 'default_rng([whole("seed", seed, 0), run])',
                  'default_rng([whole("seed", seed, 0), 0])'),
            Fault("biases of other networks", "(kernels[which], biases[which])",
                  "(kernels[which], biases[: len(which)])"),
        ),
        _of("side_by_side"),
    ),
    "course_lib.side_by_side.training": Subject(
        (
            Fault("the learning rate of the step before", "w - eta[t] * step", "w - eta[max(t - 1, 0)] * step"),
            Fault("the wrong layers are frozen", "zip(states, found, strict=True)", "zip(range(len(arrays)), found)"),
            Fault("penalties pull at biases too", "w, is_kernel = arrays[i], i % 2 == 0",
                  "w, is_kernel = arrays[i], True"),
            Fault("the factor 2 of l2's gradient", "g + 2 * by_square * w", "g + by_square * w"),
        ),
        _of("side_by_side", "side_by_side_options"),
    ),
    "course_lib.runs": Subject(
        (
            Fault("the deviation of the sample", "x.std(ddof=1)", "x.std()"),
            Fault("the deviation of a run for that of the mean", " / math.sqrt(len(x))", ""),
        ),
        _of("runs", "refusals"),
    ),
    "course_lib.calibration": Subject(
        (
            Fault("only one side is divided", "- right / t", "- right"),
            Fault("multiplied by the temperature", "np.exp(s / t)", "np.exp(s * t)"),
            Fault("the highest cross-entropy", "np.argmin(costs, axis=0)", "np.argmax(costs, axis=0)"),
        ),
        _of("calibration"),
    ),
    "course_lib.source": Subject(
        (
            Fault("the last line is missing", "stop + 1", "stop"),
            Fault("the last line is sought from the top", "rows[start:])", "rows) - start"),
            Fault("the lowest line counts", "enumerate(rows):", "reversed(list(enumerate(rows))):"),
        ),
        _of("source"),
    ),
    "course_lib.data.pictures": Subject(
        (
            Fault("rows and columns in each other's place", "mean(axis=(2, 4))", "mean(axis=(1, 3))"),
            Fault("sums", ".mean(axis=(2, 4))", ".sum(axis=(2, 4))"),
        ),
        _of("pictures"),
    ),
    "course_lib.linear_transfer": Subject(
        (
            Fault("training from scratch, whatever the start", "w_0 + np.linalg.pinv", "0 * w_0 + np.linalg.pinv"),
            Fault("the share that is learned for the one that is left", "max(1 - n / d, 0.0)", "min(n / d, 1.0)"),
            Fault("what lies outside makes no noise for the head", "return (1 + k / (n - k - 1))", "return 1"),
        ),
        _of("linear_transfer"),
    ),
    "course_lib.initializers": Subject(
        (
            Fault("the wrong fan", "window * shape[max(len(shape) - 2, 0)], window * shape[-1]",
                  "window * shape[-1], window * shape[max(len(shape) - 2, 0)]"),
            Fault("a convolution without its window", "window = math.prod(shape[:-2])", "window = 1"),
            Fault("what truncation takes is not made up for", "sigma / _LEFT * _truncated", "sigma * _truncated"),
            Fault("some orthogonal matrices likelier than others", "np.where(np.diag(r) < 0, -gain, gain)", "gain"),
        ),
        _of("initializers"),
    ),
    "course_lib.losses": Subject(
        (
            Fault("sign of a gradient", "np.where(y * p < 1, -y, 0.0)", "np.where(y * p < 1, y, 0.0)"),
            Fault("a jump where the pieces of Huber's loss meet", "delta * (size - delta / 2)", "delta * size"),
            Fault("the slope of the sigmoid twice", "_shared(sigmoid(p) - y, dtype)",
                  "_shared((sigmoid(p) - y) * sigmoid(p) * sigmoid(-p), dtype)"),
            Fault("mean over elements, not over examples", "each.size // max(each.shape[-1], 1))", "each.size)"),
        ),
        _of("losses"),
    ),
    "course_lib.minibatch": Subject(
        (
            Fault("batches drawn with repetition", "(n - batch_size) / (batch_size * max(n - 1, 1))",
                  "1 / batch_size"),
            Fault("the floor is not halved", "scatter.reshape(noise.shape))) / 2", "scatter.reshape(noise.shape)))"),
            Fault("as if all examples were alike", "(1 - c) * np.kron(h, h) + c * fourth",
                  "np.kron(h, h) + 0 * fourth"),
            Fault("one operator of two", "np.kron(h, eye) + np.kron(eye, h)", "2 * np.kron(h, eye)"),
        ),
        _of("minibatch"),
    ),
    "course_lib.penalties": Subject(
        (
            Fault("the factor 2 of the gradient", "by_square * wide * 2", "by_square * wide"),
            Fault("small weights change their sign", "nearer = wide - np.clip(wide, -by_size, by_size)",
                  "nearer = wide - by_size * np.sign(wide)"),
            Fault("decay without the learning rate", "product = learning_rate * decay", "product = decay"),
            Fault("the ratio is the share of l2", "strength * ratio, strength * (1 - ratio)",
                  "strength * (1 - ratio), strength * ratio"),
        ),
        _of("penalties"),
    ),
    "course_lib.schedules": Subject(
        (
            Fault("the boundary belongs to the other side", 't > boundary if self.side == "left" else t >= boundary',
                  't >= boundary if self.side == "left" else t > boundary'),
            Fault("the cosine goes up again after its end", "_fall(namespace(t).minimum(t / self.decay_steps, 1.0))",
                  "_fall(t / self.decay_steps)"),
            Fault("one step late at restarts", "x * (1 + 1e-6) >= begin(i + 1)", "x >= begin(i + 1)"),
            Fault("warming up eats from the schedule", "self.schedule(ops.maximum(t - n, 0.0))", "self.schedule(t)"),
        ),
        _of("schedules"),
    ),
    "course_lib.test_functions": Subject(
        (
            Fault("sign of a gradient", "_pair(2 * x, -2 * y)", "_pair(2 * x, 2 * y)"),
            Fault("an inner derivative left out", "- 400 * x * b", "- 400 * b"),
            Fault("powers that were not brought down", "(a + 2 * b * y + 3 * c * y * y)", "(a + b * y + c * y * y)"),
            Fault("a minimum on the wrong side", "-1.8481265269644036", "1.8481265269644036"),
        ),
        _of("test_functions"),
    ),
    # ----------------------------------------------------------------------------------------- optimizers
    "course_lib.optimizers.__init__": Subject(
        (
            Fault("an unknown name is None", 'raise AttributeError(f"module {__name__!r} has no attribute {name!r}")',
                  "return None"),
            Fault("a name that is not there", '    "sum_of_squares",\n]', '    "sum_of_squares",\n    "sum",\n]'),
        ),
        _of("imports"),
    ),
    "course_lib.optimizers.parts": Subject(
        (
            Fault("misplaced epsilon", "d = sqrt(v) + c**0.5 * epsilon", "d = sqrt(v) + epsilon"),
            Fault("dropped compensation", "return m, (b / transient(beta, t) if compensated else b), m",
                  "return m, b, m"),
            Fault("t off by one", "return 1 - beta**t", "return 1 - beta ** (t + 1)"),
            Fault("Nesterov does not look ahead", "return beta * m + g, 1.0, m", "return m, 1.0, m"),
        ),
        _of("optimizers"),
    ),
    "course_lib.optimizers.rules": Subject(
        (
            Fault("swapped betas",
                  'fraction("beta_1", beta_1), fraction("beta_2", beta_2)\n    return parallel(\n        ar1(beta_1',
                  'fraction("beta_2", beta_2), fraction("beta_1", beta_1)\n    return parallel(\n        ar1(beta_1'),
            Fault("stale state", "return _over(step, d), (of_filter, of_normalizer)", "return _over(step, d), state"),
            Fault("the learning rate at the other end", 'no_normalizer(), lr_at="output")',
                  'no_normalizer(), lr_at="input")'),
            Fault("the sum starts from zero", "sum_of_squares(epsilon, start=start, epsilon_at=epsilon_at)",
                  "sum_of_squares(epsilon, epsilon_at=epsilon_at)"),
        ),
        _of("optimizers"),
    ),
    "course_lib.optimizers.other_rules": Subject(
        (
            Fault("AMSGrad forgets", "u = namespace(u).maximum(u, v)", "u = v"),
            Fault("t off by one in the momentum of Nadam", "(1 - beta_1) * mu(t + 1) /", "(1 - beta_1) * mu(t) /"),
            Fault("swapped betas in the vote of Lion", "sign(beta_1 * m + (1 - beta_1) * g)",
                  "sign(beta_2 * m + (1 - beta_2) * g)"),
            Fault("Adadelta remembers gradients for steps", "_, _, a = size.update(delta, a, t)",
                  "_, _, a = size.update(g, a, t)"),
        ),
        _of("optimizers"),
    ),
    "course_lib.optimizers.named": Subject(
        (
            Fault("another rule under the name", '"adam_paper": adam_paper,', '"adam_paper": adam,'),
            Fault("an unknown hyperparameter has no message", "for unknown in hyperparameters.keys() - known.keys():",
                  "for unknown in ():"),
        ),
        _of("optimizers"),
    ),
    "course_lib.optimizers.descend": Subject(
        (
            Fault("t off by one", "state, t + 1, lr, w)", "state, max(t, 1), lr, w)"),
            Fault("the schedule is one step ahead", "lr(t), 0, np.inf", "lr(t + 1), 0, np.inf"),
            Fault("a stale point", "w = path[t, ...]", "w = path[max(t - 1, 0), ...]"),
            Fault("the gradient may write into the path", "w.flags.writeable = False", "w.flags.writeable = True"),
        ),
        _of("optimizers"),
    ),
    "course_lib.optimizers.responses": Subject(
        (
            Fault("a step is an impulse", "np.ones(n))", "np.eye(1, n)[0])"),
            Fault("the gain left out", "out[k] = gain * (", "out[k] = ("),
            Fault("waves that turn the other way", "np.exp(2j * np.pi * f)", "np.exp(-2j * np.pi * f)"),
            Fault("what goes straight through left out", "= d + (c @ x)", "= (c @ x)"),
        ),
        _of("responses"),
    ),
    "course_lib.optimizers.loop": Subject(
        (
            Fault("the weight moves uphill", "m[..., -1, :-1] = -eta[..., None]", "m[..., -1, :-1] = eta[..., None]"),
            Fault("the bowl is left out", "m[..., :, -1] = c[..., None] * into", "m[..., :, -1] = 0 * into"),
            Fault("an unstable loop has a floor", "np.where(stable, p[..., -1, 0], np.inf)", "p[..., -1, 0]"),
            Fault("the product of two transposed", '"...ij,...kl->...ikjl"',
                  '"...ij,...lk->...ikjl"'),
        ),
        _of("loop"),
    ),
    "course_lib.optimizers.table": Subject(
        (
            Fault("the learning rate is never changed", "first_lr=2.0", "first_lr=1.0"),
            Fault("the weights are never changed", "w=1.0", "w=0.0"),
            Fault("one part that compensates counts for both", '"both" if len(found) == 2', '"both" if found'),
            Fault("the normalizer in the place of the filter", "_kind(tried.filter)", "_kind(tried.normalizer)"),
        ),
        _of("responses"),
    ),
    "course_lib.optimizers.in_place": Subject(
        (
            Fault("stale state", "s, states[i] = kernel(", "s, _ = kernel("),
            Fault("t off by one", "states[i], t, lr, scratches[i]", "states[i], t + 1, lr, scratches[i]"),
            Fault("a gradient that changes with the weights", "g.copy() if np.may_share_memory(g, w) else g", "g"),
            Fault("the first gradients for every block", "g[i * length : (i + 1) * length]", "g[: len(block)]"),
        ),
        _of("in_place"),
    ),
    "course_lib.optimizers._kernels": Subject(
        (
            Fault("misplaced epsilon", 'c**0.5 * epsilon if epsilon_at == "outside" else epsilon', "epsilon"),
            Fault("dropped compensation", "return m, (b / transient(beta, t) if compensated else b)", "return m, b"),
            Fault("swapped betas in the vote of Lion", "mean = _mean(m, g, beta_1,", "mean = _mean(m, g, beta_2,"),
            Fault("decay without the learning rate", "np.multiply(w, lr * decay,", "np.multiply(w, decay,"),
        ),
        _of("in_place"),
    ),
    # ----------------------------------------------------------------------------------------- self-checks and data
    "course_lib.checks": Subject(
        (
            Fault("shapes may differ", "np.shape(a) == np.shape(b) and bool(", "bool("),
            Fault("an answer gets the arrays themselves", "copy.deepcopy(argument) if isinstance(",
                  "argument if isinstance("),
            Fault("a letter may be there twice", "sorted(text) != sorted(letters)", "set(text) != set(letters)"),
            Fault("an error of the answer is an error of the check",
                  "except BaseException as error:  # also SystemExit", "except ZeroDivisionError as error:  # also"),
        ),
        _of("checks"),
    ),
    "course_lib.claims": Subject(
        (
            Fault("the lower end is not looked at", "holds = low <= number <= high", "holds = number <= high"),
            Fault("raises also where it is not comparable", 'if mode == "enforce" and not holds:',
                  "if mode and not holds:"),
            Fault("a false claim shows few digits", '_digits(number, 4) if holds else f"{number!r}"',
                  "_digits(number, 4)"),
            Fault("a record that says comparable always", "comparable=comparable", "comparable=True"),
        ),
        _of("claims"),
    ),
    "course_lib.data.fashion": Subject(
        (
            Fault("pictures both for training and for validation", "pixels(x[n_valid:]), y[n_valid:].copy()",
                  "pixels(x[:n_train]), y[:n_train].copy()"),
            Fault("the checksum is not compared", "if hashlib.sha256(packed).hexdigest() != file.sha256:",
                  "if not packed:"),
            Fault("divided by 256", "np.divide(x, 255,", "np.divide(x, 256,"),
            Fault("an array that nobody can write to", "if scale else np.copy", "if scale else np.asarray"),
        ),
        _of("data"),
    ),
    # ----------------------------------------------------------------------------------------- with other libraries
    "course_lib.optimizers.keras_adapter": Subject(
        (
            Fault("stale state", "self.assign(slot, array)", "pass"),
            Fault("t off by one", "ops.cast(self.iterations + 1, dtype)", "ops.cast(self.iterations, dtype)"),
            Fault("saved without hyperparameters", '"hyperparameters": dict(self.hyperparameters)',
                  '"hyperparameters": {}'),
            Fault("every state starts at 0", "return keras.ops.cast(start, dtype)",
                  "return keras.ops.zeros(shape, dtype)"),
        ),
        _of("optimizers_keras"),
        KERAS,
    ),
    "course_lib._keras_schedule": Subject(
        (
            Fault("steps in half precision", 'keras.backend.result_type(keras.backend.floatx(), "float32")',
                  "keras.backend.floatx()"),
            Fault("the inner schedule is not made", "make(**{**arguments, **inner})", "make(**arguments)"),
        ),
        _of("schedules_keras"),
        KERAS,
    ),
    "course_lib._keras_initializer": Subject(
        (
            Fault("other numbers at every call", "np.random.default_rng(self.seed)", "np.random.default_rng()"),
            Fault("saved without its arguments", '"arguments": self.arguments', '"arguments": {}'),
            Fault("bad arguments are refused too late", "self._drawn((1, 1))", "pass"),
        ),
        _of("initializers_keras"),
        KERAS,
    ),
    "course_lib._keras_gradients": Subject(
        (
            Fault("no gradient in the place of zeros", "unconnected_gradients=tf.UnconnectedGradients.ZERO", ""),
            Fault("nothing is watched", "tape.watch(watched)", "pass"),
        ),
        _of("gradients_keras"),
        KERAS,
        scopes=("with_gradients", "_of_tensorflow"),
    ),
    "course_lib.training": Subject(
        (
            Fault("settings that anybody can change", "return MappingProxyType({", "return dict({"),
            Fault("PyTorch as the others", 'fast = keras.backend.backend() != "torch"', "fast = True"),
            Fault("answers of other examples", "xs, ys = xs[order], ys[order]", "xs, ys = xs[order], ys"),
            Fault("the last examples are left out", "return -(-len(xs) // size)", "return len(xs) // size"),
        ),
        _of("training_keras"),
        KERAS,
    ),
    "course_lib.callbacks": Subject(
        (
            Fault("the next fit goes on with the schedule", "        self.rates = []\n", ""),
            Fault("the mean loss since the epoch began", "self.model.reset_metrics()  #", "pass  #"),
            Fault("averages over the past alone", "losses[max(t - h, 0) : t + h + 1]",
                  "losses[max(t - 2 * h, 0) : t + 1]"),
            Fault("the norm without the mean", "math.hypot(seen.mean, seen.std)", "seen.std"),
        ),
        _of("callbacks_keras"),
        KERAS,
    ),
    "course_lib.search": Subject(
        (
            Fault("a trial too many where the quotient is whole", "math.ceil(quotient * (1 - 1e-12))",
                  "math.floor(quotient) + 1"),
            Fault("a trial that was stopped is the best", "if not trial.pruned and trial.loss < math.inf",
                  "if trial.loss < math.inf"),
            Fault("the same trials for every generator", 'int(generator("rng", rng).integers(1, 2**32))', "1"),
            Fault("trials put back before the next is drawn", "factors = (n - i - k + 1) / (n - i)",
                  "factors = (n - i - k + 1) / n"),
        ),
        _of("search"),
        ("optuna",),
    ),
    "course_lib.signals": Subject(
        (
            Fault("unbiased deviation", "scaled.std()", "scaled.std(ddof=1)"),
            Fault("the share of what is not zero", "1.0 - int(np.count_nonzero(x))", "int(np.count_nonzero(x))"),
            Fault("inputs in the place of activations", "(*cache.inputs[1:], output)", "cache.inputs"),
            Fault("at inference, whatever is asked for", "training=training)", "training=False)"),
        ),
        _of("signals", "signals_keras"),
        KERAS,
    ),
    "course_lib.transfer": Subject(
        (
            Fault("classes of B counted in the order they were named in", "np.searchsorted(np.sort(chosen), y_a)",
                  "np.searchsorted(chosen, y_a)"),
            Fault("a copy with new weights", "new.set_weights(old.get_weights())", "pass"),
            Fault("layers shared with the source", "*clone.layers[:kept]", "*layers[:kept]"),
            Fault("what was frozen once stays frozen", "thaw(model)\n        freeze(", "freeze("),
        ),
        _of("transfer", "transfer_keras"),
        KERAS,
    ),
    "course_lib.data.progression": Subject(
        (
            Fault("scaled with all patients", "_moments(x[:n_train])", "_moments(x)"),
            Fault("unbiased deviation", "x.std(0))", "x.std(0, ddof=1))"),
            Fault("progressions of other patients", "x, y = x[order], y[order]", "x, y = x[order], y"),
            Fault("patients both for validation and for the test", "slice(n_train + n_valid, PATIENTS)",
                  "slice(n_train, n_train + n_test)"),
        ),
        _of("diabetes"),
        ("sklearn.datasets",),
    ),
    "course_lib.plots.optimizers": Subject(
        (
            Fault("names in another order than their lines", "result[order] = placed", "result[:] = placed"),
            Fault("groups weigh the same, however large", "groups[-1][1] + count]", "groups[-1][1] + 1.0]"),
            Fault("names above the upper end", "placed -= max(0.0, placed[-1] - high) if len(placed) else 0.0",
                  "placed -= 0.0"),
        ),
        _of("plots_optimizers"),
        ("matplotlib.pyplot",),
        scopes=("spread",),
    ),
}  # fmt: skip
"""Module -> its chosen faults and its tests."""

LEFT_OUT = {
    "course_lib.plots.style": "a table of colors and settings; its tests compute what the colors must fulfill",
    "course_lib.plots.descent": "draws what it is given; nearly every number in it is a look",
    "course_lib.plots.dropout": "draws what it is given; nearly every number in it is a look",
    "course_lib.plots.foundations": "draws what it is given; nearly every number in it is a look",
    "course_lib.plots.penalties": "draws what it is given; nearly every number in it is a look",
    "course_lib.plots.practice": "draws what it is given; nearly every number in it is a look",
    "course_lib.plots.schedules": "draws what it is given; nearly every number in it is a look",
    "course_lib.plots.stopping": "draws what it is given; nearly every number in it is a look",
    "course_lib.plots.signals": "draws what it is given; nearly every number in it is a look",
    "course_lib.exercises": "their known wrong answers are their mutants: each must get its own message",
}
"""Module with places for faults, or folder of such modules -> why it has none."""

EQUIVALENTS = {
    "course_lib._numbers: reals: if array.dtype.kind == \"f\" and array.dtype.itemsize > 9:":
        "NumPy has no float of 9 bytes: above 8 come 12 and 16",
    "course_lib.penalties: max_norm: kept = w * (ratio / np.where(length == 0, 2.0, length))":
        "where the length is 0 so is the ratio, and 0 / 2 is 0 as 0 / 1 is",
    "course_lib.optimizers._kernels: _parallel.kernel: y = _times(y, gain * scale if at_input else "
    "lr * (gain / scale), scratch.y)":
        "the rules of KERNELS with the learning rate at the input of a parallel filter have no normalizer: scale is 1",
    "course_lib.optimizers.in_place: in_place.step: g = (g.copy() if np.may_share_memory(g, w) else g).reshape(-2)":
        "NumPy takes every negative length for the one that is left over",
    "course_lib.optimizers.table: module: GRADIENTS = np.array([1.0, -1.0, 2.0, 0.25])":
        "it is only asked whether two runs over the same gradients differ, and these tell it as well as those",
    "course_lib._keras_initializer: KerasInitializer.__init__: self._drawn((2, 1))  # so that bad arguments are "
    "refused here, and not when a layer is built":
        "what is drawn is thrown away, and which arguments are refused does not depend on these shapes",
    "course_lib._keras_initializer: KerasInitializer.__init__: self._drawn((1, 2))  # so that bad arguments are "
    "refused here, and not when a layer is built":
        "what is drawn is thrown away, and which arguments are refused does not depend on these shapes",
    "course_lib._keras_gradients: _of_tensorflow.both: with tf.GradientTape(watch_accessed_variables=True) as tape:":
        "what is watched besides is not asked for its gradient; it costs memory",
    "course_lib.side_by_side._stacks: with_classes: classes = whole_numbers(\"y\", y, weights[-1][1].shape[2])":
        "of weights that are checked, the last biases are as wide as the last kernels",
    "course_lib.side_by_side._stacks: with_targets: if targets.shape != (len(flat), weights[-1][1].shape[2]):":
        "of weights that are checked, the last biases are as wide as the last kernels",
    "course_lib.plots.optimizers: spread: while len(groups) > 1 and groups[-2][0] / groups[-2][1] >= "
    "groups[-1][0] / groups[-1][1]:":
        "two groups of the same mean have that mean together too: joined or not, all stay where they are",
}  # fmt: skip
"""Module and fault, as the run prints them -> why the fault changes nothing that can be seen."""
