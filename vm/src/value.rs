//! A KRL value in eight bytes: a NaN-boxed double, an immediate, or a handle into a [`crate::heap::Heap`] region.
//!
//! Every bit pattern below `0xFFF9 << 48` is a double (NaN never: it is `null`, `spec/decisions.md` L1). Above, the top 16 bits are
//! the tag and the low 48 the payload: 20 bits of region, 28 bits of word offset.

use std::fmt;

/// One KRL value. Meaningful only together with the heap it was made in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

const TAG_SHIFT: u32 = 48;
const OFFSET_BITS: u32 = 28;
const OFFSET_MASK: u64 = (1 << OFFSET_BITS) - 1;
const REGION_MASK: u64 = (1 << 20) - 1;

/// Largest word offset a handle can hold.
pub const MAX_OFFSET: usize = OFFSET_MASK as usize;

/// The heap kinds a handle can point at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Tag {
    /// `null`, `true`, `false`, and the internal "not initialised".
    Immediate = 0xFFF9,
    /// Text.
    String = 0xFFFA,
    /// Array.
    Array = 0xFFFB,
    /// Map.
    Map = 0xFFFC,
    /// Regular expression: the offset is an index into the region's table.
    RegExp = 0xFFFD,
    /// Closure made from `function` or `defaction`.
    Closure = 0xFFFE,
    /// A standard library function as a value: the payload is its native id.
    Native = 0xFFFF,
}

/// Which part of memory a handle points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegionId(pub u32);

impl RegionId {
    /// The arena of the running event or query.
    pub const EVENT: Self = Self(0);
    /// The frozen globals of the running cloud.
    pub const CLOUD: Self = Self(1);

    /// The constants of the unit with number `unit`.
    #[must_use]
    pub const fn unit(unit: u32) -> Self {
        Self(unit + 2)
    }
}

impl Value {
    /// KRL's one null.
    pub const NULL: Self = Self(0xFFF9 << TAG_SHIFT);
    /// `false`
    pub const FALSE: Self = Self((0xFFF9 << TAG_SHIFT) | 1);
    /// `true`
    pub const TRUE: Self = Self((0xFFF9 << TAG_SHIFT) | 2);
    /// A name that has no value yet; never visible to programs.
    pub const UNSET: Self = Self((0xFFF9 << TAG_SHIFT) | 3);

    /// A number; NaN becomes `null`.
    #[inline]
    #[must_use]
    pub fn number(n: f64) -> Self {
        if n.is_nan() { Self::NULL } else { Self(n.to_bits()) }
    }

    /// A number that is known to be none of the NaNs.
    #[inline]
    #[must_use]
    pub(crate) const fn finite(n: f64) -> Self {
        Self(n.to_bits())
    }

    /// A boolean.
    #[inline]
    #[must_use]
    pub const fn bool(b: bool) -> Self {
        if b { Self::TRUE } else { Self::FALSE }
    }

    /// A standard library function: its id, and its kind so that `typeof` needs no table.
    #[must_use]
    pub const fn native(id: u16, kind: Kind) -> Self {
        let kind = match kind {
            Kind::Action => 1,
            Kind::ActionFunction => 2,
            _ => 0,
        };
        Self(((Tag::Native as u64) << TAG_SHIFT) | (kind << 16) | id as u64)
    }

    /// The kind of a standard library function.
    pub(crate) const fn native_kind(self) -> Kind {
        match (self.0 >> 16) & 3 {
            1 => Kind::Action,
            2 => Kind::ActionFunction,
            _ => Kind::Function,
        }
    }

    /// A handle. `offset` must be at most [`MAX_OFFSET`].
    #[inline]
    #[must_use]
    pub(crate) const fn handle(tag: Tag, region: RegionId, offset: usize) -> Self {
        Self(
            ((tag as u64) << TAG_SHIFT)
                | ((region.0 as u64 & REGION_MASK) << OFFSET_BITS)
                | (offset as u64 & OFFSET_MASK),
        )
    }

    /// The raw bits (hashing, JIT).
    #[inline]
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The value of raw bits that [`Self::bits`] gave.
    #[inline]
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Is it a number?
    #[inline]
    #[must_use]
    pub const fn is_number(self) -> bool {
        self.0 < (0xFFF9 << TAG_SHIFT)
    }

    /// The number, if it is one.
    #[inline]
    #[must_use]
    pub fn as_number(self) -> Option<f64> {
        self.is_number().then(|| f64::from_bits(self.0))
    }

    /// The number's bits as a double; meaningful only if [`Self::is_number`].
    #[inline]
    #[must_use]
    pub fn number_unchecked(self) -> f64 {
        f64::from_bits(self.0)
    }

    /// Is it `null`?
    #[inline]
    #[must_use]
    pub const fn is_null(self) -> bool {
        self.0 == Self::NULL.0
    }

    /// Is it the internal "no value yet"?
    #[inline]
    #[must_use]
    pub const fn is_unset(self) -> bool {
        self.0 == Self::UNSET.0
    }

    /// The boolean, if it is one.
    #[inline]
    #[must_use]
    pub const fn as_bool(self) -> Option<bool> {
        match self.0 {
            b if b == Self::TRUE.0 => Some(true),
            b if b == Self::FALSE.0 => Some(false),
            _ => None,
        }
    }

    /// The tag; `None` for numbers.
    #[inline]
    #[must_use]
    pub const fn tag(self) -> Option<Tag> {
        match (self.0 >> TAG_SHIFT) as u16 {
            0xFFF9 => Some(Tag::Immediate),
            0xFFFA => Some(Tag::String),
            0xFFFB => Some(Tag::Array),
            0xFFFC => Some(Tag::Map),
            0xFFFD => Some(Tag::RegExp),
            0xFFFE => Some(Tag::Closure),
            0xFFFF => Some(Tag::Native),
            _ => None,
        }
    }

    /// Has it this tag?
    #[inline]
    #[must_use]
    pub const fn has_tag(self, tag: Tag) -> bool {
        (self.0 >> TAG_SHIFT) as u16 == tag as u16
    }

    /// Is it text?
    #[inline]
    #[must_use]
    pub const fn is_string(self) -> bool {
        self.has_tag(Tag::String)
    }

    /// Is it an array?
    #[inline]
    #[must_use]
    pub const fn is_array(self) -> bool {
        self.has_tag(Tag::Array)
    }

    /// Is it a map?
    #[inline]
    #[must_use]
    pub const fn is_map(self) -> bool {
        self.has_tag(Tag::Map)
    }

    /// The region of a handle.
    #[inline]
    #[must_use]
    pub(crate) const fn region(self) -> RegionId {
        RegionId(((self.0 >> OFFSET_BITS) & REGION_MASK) as u32)
    }

    /// The word offset of a handle (the id of a native).
    #[inline]
    #[must_use]
    pub(crate) const fn offset(self) -> usize {
        (self.0 & OFFSET_MASK) as usize
    }

    /// The native id, if it is a standard library function.
    #[inline]
    #[must_use]
    pub const fn as_native(self) -> Option<u16> {
        if self.has_tag(Tag::Native) { Some(self.0 as u16) } else { None }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.as_number(), self.as_bool(), self.tag()) {
            (Some(n), ..) => write!(f, "{n}"),
            (_, Some(b), _) => write!(f, "{b}"),
            _ if self.is_null() => f.write_str("null"),
            _ if self.is_unset() => f.write_str("unset"),
            (.., Some(tag)) => write!(f, "{tag:?}@{}:{}", self.region().0, self.offset()),
            _ => f.write_str("?"),
        }
    }
}

/// What `typeof` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean,
    /// Text.
    String,
    /// A finite number.
    Number,
    /// A regular expression.
    RegExp,
    /// An array.
    Array,
    /// A map.
    Map,
    /// A function.
    Function,
    /// An action.
    Action,
    /// Usable as both (`noop`, `http:get`).
    ActionFunction,
    /// An infinity: the reference calls everything else so.
    JsObject,
}

impl Kind {
    /// The name `typeof` yields.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::Boolean => "Boolean",
            Self::String => "String",
            Self::Number => "Number",
            Self::RegExp => "RegExp",
            Self::Array => "Array",
            Self::Map => "Map",
            Self::Function => "Function",
            Self::Action => "Action",
            Self::ActionFunction => "ActionFunction",
            Self::JsObject => "JSObject",
        }
    }
}
