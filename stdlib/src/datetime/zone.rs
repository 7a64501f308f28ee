//! Time zones, from the IANA database that is compiled in.

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::OnceLock;

/// A time zone: its offset from UTC at any time.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

/// A moment at which a zone's offset or abbreviation changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    /// The first time at which the new offset holds.
    pub at: i64,
    /// The new offset in milliseconds east of UTC.
    pub offset: i64,
}

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// The zone of an IANA name such as `America/Denver`, in any case; `None` when there is no such zone.
    pub fn named(name: &str) -> Option<Zone> {
        static BUNDLED: OnceLock<TimeZoneDatabase> = OnceLock::new();
        BUNDLED.get_or_init(TimeZoneDatabase::bundled).get(name).ok().map(Zone)
    }

    /// Milliseconds east of UTC at `ms`.
    pub(super) fn offset(&self, ms: i64) -> i64 {
        i64::from(self.0.to_offset(timestamp(ms)).seconds()) * 1_000
    }

    /// The zone's abbreviation at `ms`: `UTC`, `MST`, `CEST`, or an offset where it has none.
    pub(super) fn abbreviation(&self, ms: i64) -> String {
        self.0.to_offset_info(timestamp(ms)).abbreviation().to_owned()
    }

    /// The first change after `ms`.
    pub(super) fn next_transition(&self, ms: i64) -> Option<Transition> {
        let transition = self.0.following(timestamp(ms)).next()?;
        let at = transition.timestamp().as_millisecond();
        Some(Transition { at, offset: i64::from(transition.offset().seconds()) * 1_000 })
    }
}

/// `ms` within the years -9999 to 9999, which jiff knows; times beyond them have the offset of the nearest one within.
fn timestamp(ms: i64) -> Timestamp {
    let clamped = ms.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(clamped).unwrap_or(Timestamp::UNIX_EPOCH)
}
