//! The form in which operators and module members are declared, beside their code.
//!
//! ```text
//! signatures! {
//!     module math;                        // left out for operators
//!
//!     /// The one-line summary.
//!     /// Any further lines are the longer text.
//!     fn join(val: ANY(ARRAY); str: ANY(STRING)) -> STRING = Pure(join) {
//!         r#"["a","b"].join("+")"# => r#""a+b""#
//!     }
//! }
//! ```
//!
//! `fn`, `action`, `both` (function and action) or `property` (a value, written without parentheses). Parameters behind the `;` are optional.
//! `ANY(ARRAY)` accepts anything without raising and makes sense for arrays; `ARRAY` alone is both. Behind the result may follow
//! `variadic` and `deprecated "what to use"`.

macro_rules! signatures {
    (module $module:ident; $($rest:tt)*) => { signatures!(@table [$module] $($rest)*); };

    (@table $module:tt $(
        #[doc = $summary:literal] $(#[doc = $more:literal])*
        $form:ident $name:ident(
            $($param:ident: $($accepts:ident)|+ $(($($expects:ident)|+))?),*
            $(; $($optional:ident: $($opt_accepts:ident)|+ $(($($opt_expects:ident)|+))?),+)?
        ) -> $($result:ident)|+ $(($($of:literal),+))? $(, variadic $variadic:tt)? $(, deprecated $deprecated:literal)?
        = $call:ident $(($code:expr))? { $($example:literal => $value:literal),* $(,)? }
    )*) => {
        /// What this file declares, in the order in which the manual shows it.
        pub(crate) const SIGNATURES: &[$crate::signature::Signature] = &[$(
            $crate::signature::Signature {
                native: krl_vm::native::Native {
                    name: signatures!(@qualified $module $name),
                    kind: signatures!(@kind $form),
                    params: &[$(stringify!($param),)* $($(stringify!($optional),)+)?],
                    call: krl_vm::native::NativeCall::$call $(($code))?,
                },
                module: signatures!(@module $module),
                name: stringify!($name),
                property: signatures!(@property $form),
                params: &[
                    $(signatures!(@param $param false [$($accepts)|+] $([$($expects)|+])?),)*
                    $($(signatures!(@param $optional true [$($opt_accepts)|+] $([$($opt_expects)|+])?),)+)?
                ],
                variadic: signatures!(@given $($variadic)?),
                result: signatures!(@yields $($result)|+ $(($($of),+))?),
                summary: $summary.split_at(1).1,
                doc: concat!($($more, "\n"),*),
                examples: &[$(($example, $value)),*],
                deprecated: signatures!(@option $($deprecated)?),
            },
        )*];
    };

    (@qualified [] $name:ident) => { stringify!($name) };
    (@qualified [$module:ident] $name:ident) => { concat!(stringify!($module), ":", stringify!($name)) };
    (@module []) => { None };
    (@module [$module:ident]) => { Some(stringify!($module)) };
    (@kind fn) => { krl_vm::value::Kind::Function };
    (@kind property) => { krl_vm::value::Kind::Function };
    (@kind action) => { krl_vm::value::Kind::Action };
    (@kind both) => { krl_vm::value::Kind::ActionFunction };
    (@property property) => { true };
    (@property $form:ident) => { false };
    (@given) => { false };
    (@given $given:tt) => { true };
    (@option) => { None };
    (@option $some:literal) => { Some($some) };
    (@param $name:ident $optional:literal $accepts:tt) => { signatures!(@param $name $optional $accepts $accepts) };
    (@param $name:ident $optional:literal [$($accepts:ident)|+] [$($expects:ident)|+]) => {
        $crate::signature::Param {
            name: stringify!($name),
            accepts: signatures!(@types $($accepts)|+),
            expects: signatures!(@types $($expects)|+),
            optional: $optional,
        }
    };
    (@types $($kind:ident)|+) => { $crate::types::Types::NEVER$(.or($crate::types::Types::$kind))+ };
    (@yields $variant:ident($($of:literal),+)) => { $crate::signature::Yields::$variant($($of),+) };
    (@yields $($kind:ident)|+) => { $crate::signature::Yields::Is(signatures!(@types $($kind)|+)) };

    ($($rest:tt)*) => { signatures!(@table [] $($rest)*); };
}

pub(crate) use signatures;
