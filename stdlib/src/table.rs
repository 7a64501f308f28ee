//! All signatures in one table, and look-up by name without any work at start-up.

use crate::signature::Signature;
use krl_vm::native::Native;

const PARTS: &[&[Signature]] = &[crate::operators::SIGNATURES, crate::modules::SIGNATURES];

const COUNT: usize = crate::operators::SIGNATURES.len() + crate::modules::SIGNATURES.len();

static ALL: [Signature; COUNT] = join(PARTS);
static NATIVES: [Native; COUNT] = natives_of(&join::<COUNT>(PARTS));

/// Every signature. Its position is the id of its native; stored code names natives, so positions may change between versions.
#[must_use]
pub fn all() -> &'static [Signature] {
    &ALL
}

/// What the machine calls, by id.
#[must_use]
pub fn natives() -> &'static [Native] {
    &NATIVES
}

/// The signature with this qualified name (`map`, `math:abs`).
///
/// ```
/// assert_eq!(krl_stdlib::find("math:abs").map(|s| s.name), Some("abs"));
/// ```
#[must_use]
pub fn find(name: &str) -> Option<&'static Signature> {
    id_of(name).and_then(|id| ALL.get(usize::from(id)))
}

/// The id of the native with this qualified name.
#[must_use]
pub fn id_of(name: &str) -> Option<u16> {
    look_up(hash(HASH_START, name.as_bytes()), |s| s.native.name == name)
}

/// The member `name` of the built-in module `module`.
///
/// ```
/// assert!(krl_stdlib::find_member("math", "abs").is_some());
/// assert!(krl_stdlib::find_member("math", "nosuch").is_none());
/// ```
#[must_use]
pub fn find_member(module: &str, name: &str) -> Option<&'static Signature> {
    let qualified = [module, ":", name].iter().fold(HASH_START, |h, part| hash(h, part.as_bytes()));
    let id = look_up(qualified, |s| s.module == Some(module) && s.name == name)?;
    ALL.get(usize::from(id))
}

/// The built-in modules.
#[must_use]
pub fn modules() -> &'static [&'static str] {
    crate::modules::NAMES
}

/// The members of a built-in module; none if there is no such module.
#[must_use]
pub fn members(module: &str) -> &'static [Signature] {
    let Some(start) = ALL.iter().position(|s| s.module == Some(module)) else { return &[] };
    let rest = ALL.get(start..).unwrap_or_default();
    let count = rest.iter().take_while(|s| s.module == Some(module)).count();
    rest.get(..count).unwrap_or_default()
}

/// The operators: all that need no module name.
#[must_use]
pub fn operators() -> &'static [Signature] {
    ALL.get(..crate::operators::SIGNATURES.len()).unwrap_or_default()
}

pub(crate) const fn count(parts: &[&[Signature]]) -> usize {
    let mut total = 0;
    let mut part = 0;
    while part < parts.len() {
        total += parts[part].len();
        part += 1;
    }
    total
}

pub(crate) const fn join<const N: usize>(parts: &[&[Signature]]) -> [Signature; N] {
    let mut all = [parts[0][0]; N];
    let mut filled = 0;
    let mut part = 0;
    while part < parts.len() {
        let mut item = 0;
        while item < parts[part].len() {
            all[filled] = parts[part][item];
            filled += 1;
            item += 1;
        }
        part += 1;
    }
    all
}

const fn natives_of<const N: usize>(signatures: &[Signature; N]) -> [Native; N] {
    let mut natives = [signatures[0].native; N];
    let mut at = 0;
    while at < N {
        natives[at] = signatures[at].native;
        at += 1;
    }
    natives
}

// An open-addressing hash table of ids + 1, made by the compiler.

const SLOTS: usize = 1024;
const HASH_START: u32 = 0x811C_9DC5;

static INDEX: [u16; SLOTS] = index_of(&join::<COUNT>(PARTS));

const fn hash(mut state: u32, bytes: &[u8]) -> u32 {
    let mut at = 0;
    while at < bytes.len() {
        state = (state ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    state
}

const fn index_of(signatures: &[Signature; COUNT]) -> [u16; SLOTS] {
    const { assert!(COUNT * 2 < SLOTS, "the index has too few slots") };
    let mut index = [0u16; SLOTS];
    let mut id = 0;
    while id < COUNT {
        let mut slot = hash(HASH_START, signatures[id].native.name.as_bytes()) as usize % SLOTS;
        while index[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        index[slot] = id as u16 + 1;
        id += 1;
    }
    index
}

fn look_up(hash: u32, is_it: impl Fn(&Signature) -> bool) -> Option<u16> {
    let start = hash as usize % SLOTS;
    for slot in (start..SLOTS).chain(0..start) {
        let id = INDEX.get(slot)?.checked_sub(1)?;
        if ALL.get(usize::from(id)).is_some_and(&is_it) {
            return Some(id);
        }
    }
    None
}
