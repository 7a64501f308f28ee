//! The stricter syntax of XDI Core 1.0, checked on top of the lenient reading (`xdi.md §1.4`).

use super::arc::{Arc, Body, Symbol, Xref};
use super::error::{SyntaxCode, SyntaxError};
use super::generation::Generation;
use super::{Address, name};

/// The parts of an address, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    PeerRoots,
    InnerRoots,
    Entities,
    Attributes,
    Literal,
}

/// Which part an arc belongs to; `{}` stands for an entity or an attribute.
enum Place {
    In(Part),
    Anywhere,
}

pub(super) fn validate(address: &Address) -> Result<(), SyntaxError> {
    let mut reached = Part::PeerRoots;
    for arc in address.arcs() {
        let part = match place(arc).map_err(|code| SyntaxError::new(code, arc.at()))? {
            Place::In(part) => part,
            Place::Anywhere => reached.max(Part::Entities),
        };
        if part < reached || (part == Part::Literal && reached == Part::Literal) {
            return Err(SyntaxError::new(SyntaxCode::OutOfOrder, arc.at()));
        }
        reached = part;
    }
    Ok(())
}

pub(super) fn validate_arcs(address: &Address) -> Result<(), SyntaxError> {
    for arc in address.arcs() {
        place(arc).map_err(|code| SyntaxError::new(code, arc.at()))?;
    }
    Ok(())
}

fn place(arc: Arc<'_>) -> Result<Place, SyntaxCode> {
    let wrapped = arc.is_attribute() || arc.is_collection() || arc.is_definition();
    let Some(symbol) = arc.symbol() else {
        return match arc.body() {
            Body::Xref(xref) if !wrapped => root(xref).map(Place::In),
            Body::None if arc.text() == "{}" => Ok(Place::Anywhere),
            Body::None if arc.text() == "{<>}" => Ok(Place::In(Part::Attributes)),
            _ => Err(SyntaxCode::NotInCore("brackets hold an arc with a symbol")),
        };
    };
    if symbol == Symbol::Literal {
        return if matches!(arc.text(), "&" | "{&}") {
            Ok(Place::In(Part::Literal))
        } else {
            Err(SyntaxCode::NotInCore("`&` stands alone"))
        };
    }
    if arc.is_collection() && !is_class(arc) {
        return Err(SyntaxCode::NotInCore("the class of a collection is a `#` or `$` word"));
    }
    single(arc, symbol)?;
    Ok(Place::In(if arc.is_attribute() { Part::Attributes } else { Part::Entities }))
}

fn root(xref: Xref<'_>) -> Result<Part, SyntaxCode> {
    let entities = |text: &str| {
        let address = Address::parse(text).map_err(|e| e.code)?;
        validate(&address).map_err(|e| e.code)?;
        Ok(address)
    };
    match xref {
        Xref::Empty => Ok(Part::PeerRoots),
        Xref::Arc(text) => match entities(text)?.arcs().next().map(place) {
            Some(Ok(Place::In(Part::Entities) | Place::Anywhere)) => Ok(Part::PeerRoots),
            _ => Err(SyntaxCode::NotInCore("a peer root holds an entity")),
        },
        Xref::Inner { subject, predicate } => {
            for text in [subject, predicate] {
                let address = entities(text)?;
                let last = address.last().map(place).transpose()?;
                if let Some(Place::In(Part::Attributes | Part::Literal)) = last {
                    return Err(SyntaxCode::NotInCore("an inner root holds roots and entities only"));
                }
            }
            Ok(Part::InnerRoots)
        }
        Xref::Iri(_) | Xref::Text(_) => Err(SyntaxCode::NotInCore("a peer root holds an entity")),
    }
}

/// A word of a dictionary, or a bare symbol as class of all things of its type.
fn is_class(arc: Arc<'_>) -> bool {
    matches!(arc.symbol(), Some(Symbol::Reserved | Symbol::Class)) || arc.body() == Body::None
}

fn single(arc: Arc<'_>, symbol: Symbol) -> Result<(), SyntaxCode> {
    let marked = arc.is_immutable() || arc.is_relative();
    let is_word = matches!(symbol, Symbol::Reserved | Symbol::Class);
    if is_word && arc.is_immutable() {
        return Err(SyntaxCode::NotInCore("`$` and `#` words are never immutable"));
    }
    match arc.body() {
        Body::None if marked => Err(SyntaxCode::NotInCore("`!` and `~` come before an identifier")),
        Body::None => Ok(()),
        Body::Name(raw) => identifier(arc, symbol, raw),
        Body::Xref(_) if matches!(symbol, Symbol::Ordinal | Symbol::Reserved) => {
            Err(SyntaxCode::NotInCore("`@` and `$` have no cross-reference"))
        }
        Body::Xref(Xref::Inner { .. }) => Err(SyntaxCode::NotInCore("an inner root has no symbol")),
        Body::Xref(Xref::Arc(text)) => {
            Address::parse(text).and_then(|a| validate_arcs(&a)).map_err(|e| e.code)
        }
        Body::Xref(_) => Ok(()),
    }
}

fn identifier(arc: Arc<'_>, symbol: Symbol, raw: &str) -> Result<(), SyntaxCode> {
    let decoded = name::decode(raw).ok_or(SyntaxCode::BadEscape)?;
    let scheme = is_scheme(&decoded);
    match symbol {
        Symbol::Ordinal if scheme || decoded.bytes().all(|b| b.is_ascii_digit()) => Ok(()),
        Symbol::Ordinal
            if decoded.strip_prefix('_').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) =>
        {
            Err(SyntaxCode::OlderGeneration(Generation::G5))
        }
        Symbol::Ordinal => Err(SyntaxCode::NotInCore("`@` is followed by a number or a scheme")),
        Symbol::Reserved if name::is_plain(&decoded) => Ok(()),
        Symbol::Reserved => Err(SyntaxCode::NotInCore("`$` is followed by a name")),
        _ if scheme || name::is_plain(&decoded) => Ok(()),
        _ if arc.is_immutable() => Err(SyntaxCode::OlderGeneration(Generation::G5)),
        _ => Err(SyntaxCode::NotInCore(
            "a name begins with a letter and has letters, digits, `_`, `-` and `.`",
        )),
    }
}

/// `:uuid:…`, `:sha512:…`
fn is_scheme(text: &str) -> bool {
    let parts = text.strip_prefix(':').and_then(|rest| rest.split_once(':'));
    parts.is_some_and(|(scheme, id)| name::is_plain(scheme) && !id.is_empty())
}
