"""Functions that only compiled code calls: one copy, optimised and emitted within its callers.

Numba compiles whatever a compiled function calls as if Python called it too: with two wrappers,
optimised together with all that it calls itself, and emitted as machine code that nothing runs.
Of a loop of sixty functions that took half of the time. Those declared here are only translated;
the function that Python calls links them, and all are optimised once.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from numba import _dynfunc, jit, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder, _LowerResult
from numba.core.compiler_machinery import PassManager, register_pass
from numba.core.funcdesc import PythonFunctionDescriptor
from numba.core.lowering import Lower
from numba.core.registry import CPUDispatcher
from numba.core.runtime.nrt import rtsys
from numba.core.typed_passes import NativeLowering

__all__ = ["ApartCompiler", "InnerCompiler", "inner_njit"]

NOWHERE = 0
"""Address of what has no machine code of its own."""


class _InnerLibrary(JITCodeLibrary):
    """Code that is only linked into that of others."""

    def finalize(self) -> None:
        """Link what it calls; the runtime of Numba comes with the function that Python calls."""
        for library in dict.fromkeys(self._linking_libraries):
            if library is not rtsys.library:
                self._reload_init.update(library._reload_init)
                self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _InnerLowering(NativeLowering):
    """The last pass: to a library for linking, without wrappers."""

    _name = "inner_lowering"

    def run_pass(self, state: Any) -> bool:
        """Translate; the entry point serves as the name by which callers find the code."""
        context, flags = state.targetctx, state.flags
        library = _InnerLibrary(context.codegen(), state.func_id.func_qualname)
        library._reload_init.update(state.reload_init)
        function = PythonFunctionDescriptor.from_specialized_function(
            state.func_ir,
            state.typemap,
            state.return_type,
            state.calltypes,
            mangler=context.mangler,
            inline=flags.forceinline,
            noalias=flags.noalias,
            abi_tags=[flags.get_mangle_string()],
        )
        with context.push_code_library(library):
            lower = self.lowering_class(
                context, library, function, state.func_ir, metadata=state.metadata
            )
            lower.lower()
        entry = _dynfunc.make_function(
            function.lookup_module(), function.qualname, "", NOWHERE, lower.env, (library,)
        )
        context.insert_user_function(entry, function, [library])
        state.library = library
        state.reload_init.extend(library._reload_init)
        state["cr"] = _LowerResult(function, lower.call_helper, cfunc=entry, env=lower.env)
        return True


class _OnceLower(Lower):
    """Translates to code that stands once in its callers."""

    def setup_function(self, fndesc: Any) -> None:
        """As usual, but never inlined."""
        super().setup_function(fndesc)
        self.function.attributes.add("noinline")


@register_pass(mutates_CFG=True, analysis_only=False)
class _ApartLowering(_InnerLowering):
    """The same for code that stands once."""

    _name = "apart_lowering"

    @property
    def lowering_class(self) -> type[Lower]:
        """What translates."""
        return _OnceLower


class InnerCompiler(CompilerBase):
    """Numba's compiler with another last pass: a `pipeline_class`."""

    last: type[_InnerLowering] = _InnerLowering

    def define_pipelines(self) -> list[PassManager]:
        """The usual passes, up to lowering."""
        passes = PassManager("inner")
        for one, text in DefaultPassBuilder.define_nopython_pipeline(self.state).passes:
            passes.add_pass(self.last if one is NativeLowering else one, text)
        passes.finalize()
        return [passes]


class ApartCompiler(InnerCompiler):
    """The same for what is called from many places: optimised once, not in each of them."""

    last = _ApartLowering


class _InnerDispatcher(CPUDispatcher):
    """A function that compiled code calls; Python compiles one of its own where it calls it."""

    def add_overload(self, result: Any) -> None:
        """Known to compiled code only."""
        self.overloads[tuple(result.signature.args)] = result

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Type a call: of a literal number as of any, which Numba would compile for each anew."""
        plain = {name: types.unliteral(one) for name, one in kws.items()}
        return super().get_call_template(tuple(map(types.unliteral, args)), plain)

    def _compile_for_args(self, *arguments: Any, **named: Any) -> Any:
        return self._for_python._compile_for_args(*arguments, **named)

    @cached_property
    def _for_python(self) -> Any:
        return jit(**self.targetoptions)(self.py_func)


def inner_njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` for a function that only compiled code calls."""

    def decorate(function: Callable[..., Any]) -> Any:
        return _InnerDispatcher(
            function, targetoptions={"nopython": True, **options}, pipeline_class=InnerCompiler
        )

    return decorate
