//! Types as people read them: `Number`, `Array<String>`, `{"a": Null | String, …}`, `Function(a, b?) -> Any`.

use super::ty::{Shape, Type};
use krl_stdlib::types::Types;
use std::fmt::{self, Display, Formatter};

/// Inner types deeper than this are `…`.
const MAX_DEPTH: u32 = 4;

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write(self, f, 0)
    }
}

fn write(ty: &Type, f: &mut Formatter<'_>, depth: u32) -> fmt::Result {
    if depth > MAX_DEPTH {
        return f.write_str("…");
    }
    let shaped = match &ty.shape {
        Shape::Array(_) => Types::ARRAY,
        Shape::Map(_) => Types::MAP,
        Shape::Callable(_) | Shape::Native(_) => Types::FUNCTION | Types::ACTION,
        _ => Types::NEVER,
    };
    let (rest, own) = (ty.kinds.without(shaped), ty.kinds.and(shaped));
    if own.is_never() || ty.kinds == Types::ANY {
        return ty.kinds.fmt(f);
    }
    if !rest.is_never() {
        write!(f, "{rest} | ")?;
    }
    match &ty.shape {
        Shape::Array(element) => {
            f.write_str("Array<")?;
            write(element, f, depth + 1)?;
            f.write_str(">")
        }
        Shape::Map(record) => {
            f.write_str("{")?;
            for (at, (key, value)) in record.entries.iter().enumerate() {
                write!(f, "{}\"{key}\": ", if at > 0 { ", " } else { "" })?;
                write(value, f, depth + 1)?;
            }
            let more = match (record.open, record.entries.is_empty()) {
                (false, _) => "}",
                (true, true) => "…}",
                (true, false) => ", …}",
            };
            f.write_str(more)
        }
        Shape::Callable(callable) => {
            let params = callable.params.iter().map(|p| (&*p.name, p.optional));
            write!(f, "{own}({}) -> ", list(params))?;
            write(&callable.result, f, depth + 1)
        }
        Shape::Native(signature) => {
            write!(f, "{own}({})", list(signature.params.iter().map(|p| (p.name, p.optional))))
        }
        _ => Ok(()),
    }
}

fn list<'a>(params: impl Iterator<Item = (&'a str, bool)>) -> String {
    let words: Vec<String> =
        params.map(|(name, optional)| format!("{name}{}", if optional { "?" } else { "" })).collect();
    words.join(", ")
}
