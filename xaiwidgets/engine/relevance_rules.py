"""The rules of AttnLRP as changes to what torch's functions pass backward, while they run and for this thread alone.

Achtibat et al. 2024, "AttnLRP: Attention-Aware Layer-wise Relevance Propagation for Transformers". Relevance is written
as input × modified gradient, in which most rules are a change of the gradient:

- linear functions, sums, pooling: none (the ε-rule with ε → 0), nor for the softmax (its Taylor rule, eq. 13);
- a product of two activations, in a matrix product or element by element: half to each (the uniform rule, eq. 14);
- an element-wise function f: all of it passes, so the gradient is f(x)/x (the identity rule, eq. 9);
- a norm: what is divided by is a constant (the identity rule for normalisations, prop. 3.4).

Torch's function mode sees every torch function that the thread calls, so nothing is done to the model, and reused
modules, tied weights and plain functions in a forward are all the same. A function without a rule is let run, and
refused only if relevance arrives at it: a mean of squares that ends in a normaliser needs none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from xaiwidgets.engine.gradients import wide
from xaiwidgets.engine.multi_head import multi_head_attention
from xaiwidgets.errors import MethodError

_NAMED_PLAIN = """
__get__ detach clone contiguous to float double half bfloat16 type type_as view view_as reshape reshape_as flatten
unflatten ravel transpose swapaxes swapdims permute movedim moveaxis t unsqueeze squeeze expand expand_as broadcast_to
repeat repeat_interleave tile cat concat concatenate stack hstack vstack split split_with_sizes tensor_split chunk
unbind narrow select index_select gather take_along_dim flip roll pad unfold __getitem__ __setitem__ copy_ masked_fill
masked_fill_ where tril triu diagonal add add_ __add__ __radd__ __iadd__ sub sub_ __sub__ __rsub__ __isub__ rsub
subtract neg negative __neg__ sum mean cumsum linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d
interpolate batch_norm avg_pool1d avg_pool2d adaptive_avg_pool1d adaptive_avg_pool2d max_pool1d max_pool2d _max_pool1d
_max_pool2d adaptive_max_pool1d adaptive_max_pool2d boolean_dispatch relu relu_ leaky_relu leaky_relu_ prelu dropout
dropout_ dropout1d dropout2d alpha_dropout feature_dropout softmax
"""
_PLAIN = frozenset(_NAMED_PLAIN.split())
"""Functions whose own gradient is the rule: linear ones, those that pick a winner, those piecewise linear through 0."""

_NAMED_ELEMENTWISE = """
gelu silu mish elu selu celu relu6 hardtanh hardswish hardsigmoid sigmoid tanh softplus logsigmoid softsign tanhshrink
softshrink hardshrink sin clamp clamp_min clip sigmoid_ tanh_
"""
_NAMED_PRODUCTS = "mul multiply __mul__ __rmul__ matmul __matmul__ __rmatmul__ mm bmm mv dot einsum bilinear"
_NAMED_QUOTIENTS = "div divide true_divide __truediv__ __div__ div_ __itruediv__"


class RelevanceRules(TorchFunctionMode):
    """While it is on, what runs from `leaf` goes backward by the rules above.

    Attributes:
        normalised: whether a log-softmax was met, of which the logit alone passes relevance on.
    """

    def __init__(self, leaf: Tensor) -> None:
        super().__init__()
        self.normalised = False
        self._leaf = leaf

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        # Parameters are constants, so that "needs a gradient" means "depends on the input".
        args, kwargs = tree_map(self._constant, (args, kwargs or {}))
        if not (torch.is_grad_enabled() and any(map(_active, tree_leaves((args, kwargs))))):
            return func(*args, **kwargs)
        name = getattr(func, "__name__", str(func))
        if func is functional.multi_head_attention_forward:
            with self:
                spelled_out = multi_head_attention(*args, **kwargs)
            if spelled_out is not None:
                return spelled_out
        self.normalised |= name == "log_softmax"
        rule = _RULES.get(name)
        if rule is not None:
            first = (kwargs.pop("input"),) if "input" in kwargs else ()
            return rule(func, *first, *args, **kwargs)
        out = func(*args, **kwargs)
        if name not in _PLAIN or (name == "batch_norm" and _training(args, kwargs)):
            _refuse_relevance(out, name)
        return out

    def _constant(self, value: Any) -> Any:
        if isinstance(value, Tensor) and value.requires_grad and value.is_leaf and value is not self._leaf:
            return value.detach()
        return value


def passed_on(x: Tensor, y: Tensor) -> Tensor:
    """An element-wise function's value y = f(x) with the identity rule: the gradient is f(x)/x, and 0 at x = 0.

    Args:
        x: float [...].
        y: float [...].
    """
    x, y = x.to(y.dtype), y.detach()
    fixed = wide(x.detach())
    ratio = torch.where(fixed == 0, 0.0, wide(y) / torch.where(fixed == 0, 1.0, fixed)).to(y.dtype)
    return _with_value(x * ratio, y)


def refuse_custom_functions(score: Tensor) -> None:
    """Look through the graph behind a score for functions that somebody wrote the gradient of.

    Raises:
        MethodError: there is one; no rule can know what it does.
    """
    waiting, seen = [score.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if isinstance(node, torch.autograd.function.BackwardCFunction):
            _no_rule(type(node).__name__.removesuffix("Backward"))
        waiting += [following for following, _ in node.next_functions]


def _active(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _halved(value: Any) -> Any:
    """The same value with half the gradient."""
    return torch.lerp(value.detach(), value, 0.5) if _active(value) else value


def _quartered(value: Any) -> Any:
    return _halved(_halved(value))


def _with_value(way: Tensor, value: Tensor) -> Tensor:
    """`value`, with the gradient of `way`."""
    return way + (value - way).detach()


def _product(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    several = sum(map(_active, tree_leaves((args, kwargs)))) > 1
    return func(*tree_map(_halved, args), **tree_map(_halved, kwargs)) if several else func(*args, **kwargs)


def _added_product(func: Callable[..., Any], added: Any, *args: Any, **kwargs: Any) -> Any:
    several = sum(map(_active, tree_leaves((args, kwargs)))) > 1
    return func(added, *tree_map(_halved, args), **kwargs) if several else func(added, *args, **kwargs)


def _product_in_place(_: Callable[..., Any], into: Tensor, other: Any) -> Tensor:
    product: Tensor = _product(torch.mul, into.clone(), other)
    return into.copy_(product)


def _quotient(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    above, *below = args
    return func(above, *tree_map(_still, tuple(below)), **tree_map(_still, kwargs))


def _reversed_quotient(func: Callable[..., Any], below: Any, above: Any) -> Any:
    return func(_still(below), above)


def _still(value: Any) -> Any:
    return value.detach() if isinstance(value, Tensor) else value


def _normaliser(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """One over something makes nothing but what is divided by."""
    return _still(func(*args, **kwargs))


def _power(func: Callable[..., Any], x: Any, exponent: Any) -> Any:
    if isinstance(exponent, float) and exponent == -0.5:
        return _normaliser(func, x, exponent)
    out = func(x, exponent)
    _refuse_relevance(out, "pow")
    return out


def _elementwise(func: Callable[..., Any], x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    # A function that works in place must not overwrite what the rule divides by, but others may see x change.
    given = x.detach().clone()
    y = func(given, *args, **kwargs)
    way = passed_on(x, y)
    return x.copy_(way) if y.data_ptr() == given.data_ptr() else way


def _layer_norm(  # noqa: PLR0917 - torch's own arguments
    func: Callable[..., Any], x: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    axes = tuple(range(-len(normalized_shape), 0))
    y = func(x.detach(), normalized_shape, _still(weight), _still(bias), eps)
    spread = wide(x.detach()).var(axes, correction=0, keepdim=True).add(eps).sqrt()
    way = (wide(x) - wide(x).mean(axes, keepdim=True)) / spread
    return _with_value((way if weight is None else way * weight).to(y.dtype), y)


def _rms_norm(
    func: Callable[..., Any], x: Tensor, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> Tensor:
    axes = tuple(range(-len(normalized_shape), 0))
    y = func(x.detach(), normalized_shape, _still(weight), eps)
    least = torch.finfo(x.dtype).eps if eps is None else eps
    way = wide(x) * wide(x.detach()).square().mean(axes, keepdim=True).add(least).rsqrt()
    return _with_value((way if weight is None else way * weight).to(y.dtype), y)


def _normalised(func: Callable[..., Any], x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    return passed_on(x, func(x.detach(), *args, **kwargs))


def _cosine(_: Callable[..., Any], x: Tensor, y: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    lengths: Tensor = (x.detach().norm(dim=dim) * y.detach().norm(dim=dim)).clamp_min(eps)
    products: Tensor = _product(torch.mul, x, y)
    return products.sum(dim) / lengths


def _log_softmax(func: Callable[..., Any], x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The logit passes; what all logits are normalised by is a constant."""
    y = func(x.detach(), *args, **kwargs)
    return _with_value(x.to(y.dtype), y)


def _fused_attention(
    func: Callable[..., Any], query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any
) -> Any:
    # Two products lie above the queries and keys, one above the values.
    return func(_quartered(query), _quartered(key), _halved(value), *args, **kwargs)


_RULES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(_NAMED_PRODUCTS.split(), _product),
    **dict.fromkeys(("addmm", "baddbmm", "addbmm", "addmv", "addcmul"), _added_product),
    **dict.fromkeys(("mul_", "__imul__"), _product_in_place),
    **dict.fromkeys(_NAMED_QUOTIENTS.split(), _quotient),
    **dict.fromkeys(_NAMED_ELEMENTWISE.split(), _elementwise),
    **dict.fromkeys(("__rtruediv__", "__rdiv__"), _reversed_quotient),
    **dict.fromkeys(("rsqrt", "reciprocal"), _normaliser),
    "pow": _power,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "normalize": _normalised,
    "cosine_similarity": _cosine,
    "log_softmax": _log_softmax,
    "scaled_dot_product_attention": _fused_attention,
}


def _training(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    return bool(args[5] if len(args) > 5 else kwargs.get("training", False))


def _refuse_relevance(out: Any, name: str) -> None:
    """Let a function without a rule run, and raise once relevance arrives at what it returned."""

    def refuse(_: Tensor) -> NoReturn:
        _no_rule(name)

    for value in tree_leaves(out):
        if _active(value):
            value.register_hook(refuse)


def _no_rule(name: str) -> NoReturn:
    msg = (
        f"'attn_lrp' has no rule for {name!r}, which this model passes its relevance through; choose another method, "
        "for example 'input_x_gradient'."
    )
    raise MethodError(msg)
