//! The form of a record of the log: what is said again and again — channels, events, rulesets, rules, variables — stands in it once, and
//! entries point there. Records of the first form, which repeat it, are read too.

use super::{Fate, Journal, Kind, Level, Line};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// What records begin with: those of the first form begin with the number of their entries, which is never 0, and this is the version.
const START: [u8; 2] = [0, 1];
/// The lower bits of a sequence, below the time.
const ORDER: u32 = 20;

/// A place in the list of names.
type Name = u32;

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    names: Vec<Arc<str>>,
    entries: Vec<Packed<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Packed<'a> {
    /// What the sequence adds to the time, in the place it has there.
    order: i64,
    id: Arc<str>,
    kind: Kind,
    eci: Name,
    domain: Name,
    name: Name,
    attrs: Cow<'a, str>,
    time: i64,
    lines: Vec<PackedLine<'a>>,
    error: Option<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
enum PackedLine<'a> {
    Log { level: Level, rid: Name, message: Cow<'a, str>, value: Option<Cow<'a, str>> },
    Rule { event: (Name, Name), rid: Name, rule: Name, fate: Cow<'a, Fate>, changed: Vec<Name> },
}

/// Texts whose places are at hand.
const RECENT: usize = 64;

/// The names of a record while it is made.
struct Names<'a> {
    list: Vec<Arc<str>>,
    places: HashMap<&'a str, Name>,
    /// Texts that were looked up lately, by where they lie: entries share most of them.
    recent: [Option<(&'a Arc<str>, Name)>; RECENT],
}

impl<'a> Names<'a> {
    fn new() -> Self {
        Self { list: Vec::new(), places: HashMap::new(), recent: [None; RECENT] }
    }

    fn place(&mut self, name: &'a Arc<str>) -> Name {
        // Texts lie at multiples of 16.
        let recent = self.recent.get_mut((Arc::as_ptr(name).addr() >> 4) % RECENT);
        if let Some(Some((text, place))) = recent
            && Arc::ptr_eq(text, name)
        {
            return *place;
        }
        let place = *self.places.entry(name).or_insert_with(|| {
            self.list.push(name.clone());
            (self.list.len() - 1) as Name
        });
        recent.into_iter().for_each(|recent| *recent = Some((name, place)));
        place
    }

    fn pack(&mut self, sequence: u64, journal: &'a Journal) -> Packed<'a> {
        let Journal { id, kind, eci, domain, name, attrs, time, lines, error } = journal;
        Packed {
            order: sequence.cast_signed().wrapping_sub(time << ORDER),
            id: id.clone(),
            kind: *kind,
            eci: self.place(eci),
            domain: self.place(domain),
            name: self.place(name),
            attrs: attrs.into(),
            time: *time,
            lines: lines.iter().map(|line| self.pack_line(line)).collect(),
            error: error.as_deref().map(Cow::from),
        }
    }

    fn pack_line(&mut self, line: &'a Line) -> PackedLine<'a> {
        match line {
            Line::Log { level, rid, message, value } => PackedLine::Log {
                level: *level,
                rid: self.place(rid),
                message: message.into(),
                value: value.as_deref().map(Cow::from),
            },
            Line::Rule { domain, name, rid, rule, fate, changed } => PackedLine::Rule {
                event: (self.place(domain), self.place(name)),
                rid: self.place(rid),
                rule: self.place(rule),
                fate: Cow::Borrowed(fate),
                changed: changed.iter().map(|name| self.place(name)).collect(),
            },
        }
    }
}

/// A record of these entries; none if there are none.
pub(super) fn encode(entries: &[(u64, &Journal)]) -> Option<Vec<u8>> {
    if entries.is_empty() {
        return None;
    }
    let mut names = Names::new();
    let entries = entries.iter().map(|(sequence, journal)| names.pack(*sequence, journal)).collect();
    postcard::to_extend(&Record { names: names.list, entries }, START.to_vec()).ok()
}

/// The entries of a record; none if it is damaged.
pub(super) fn decode(record: &[u8]) -> Option<Vec<(u64, Journal)>> {
    let Some(fields) = record.strip_prefix(&START) else {
        return postcard::from_bytes(record).ok().filter(|entries: &Vec<_>| !entries.is_empty());
    };
    let Record { names, entries } = postcard::from_bytes(fields).ok()?;
    entries.into_iter().map(|entry| unpack(&names, entry)).collect()
}

fn unpack(names: &[Arc<str>], packed: Packed<'_>) -> Option<(u64, Journal)> {
    let name_at = |place: Name| names.get(place as usize).cloned();
    let Packed { order, id, kind, eci, domain, name, attrs, time, lines, error } = packed;
    let lines = lines.into_iter().map(|line| {
        Some(match line {
            PackedLine::Log { level, rid, message, value } => {
                let (message, value) = (message.into_owned(), value.map(Cow::into_owned));
                Line::Log { level, rid: name_at(rid)?, message, value }
            }
            PackedLine::Rule { event: (domain, name), rid, rule, fate, changed } => Line::Rule {
                domain: name_at(domain)?,
                name: name_at(name)?,
                rid: name_at(rid)?,
                rule: name_at(rule)?,
                fate: fate.into_owned(),
                changed: changed.into_iter().map(name_at).collect::<Option<_>>()?,
            },
        })
    });
    let lines = lines.collect::<Option<_>>()?;
    let (attrs, error) = (attrs.into_owned(), error.map(Cow::into_owned));
    let (eci, domain, name) = (name_at(eci)?, name_at(domain)?, name_at(name)?);
    let sequence = time.wrapping_shl(ORDER).wrapping_add(order).cast_unsigned();
    Some((sequence, Journal { id, kind, eci, domain, name, attrs, time, lines, error }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(number: i64) -> Journal {
        let text = |text: &str| Arc::<str>::from(text);
        let rule = |rule: &str, fate| Line::Rule {
            domain: text("shop"),
            name: text("sale"),
            rid: text("org.example.shop"),
            rule: text(rule),
            fate,
            changed: vec![text("sold"), text("sale")],
        };
        let log = Line::Log {
            level: Level::Klog,
            rid: text("org.example.shop"),
            message: "\"said\"".into(),
            value: Some("1".into()),
        };
        Journal {
            id: text("id"),
            kind: Kind::Event,
            eci: text("eci"),
            domain: text("shop"),
            name: text("sale"),
            attrs: r#"{"a":1}"#.into(),
            time: 1_700_000_000_000 + number,
            lines: vec![rule("count", Fate::Selected(vec![true, false])), log, rule("other", Fate::Where)],
            error: (number > 0).then(|| "failed".into()),
        }
    }

    #[test]
    fn entries_come_back_from_both_forms() {
        let journals = [0, 1, -5].map(journal);
        let sequences = [(1_700_000_000_000u64 << 20) + 4_097, (1_700_000_000_001 << 20) + 3, 7];
        let entries: Vec<(u64, &Journal)> = sequences.into_iter().zip(&journals).collect();
        let expected: Vec<(u64, Journal)> = sequences.into_iter().zip(journals.clone()).collect();
        let packed = encode(&entries).unwrap();
        assert_eq!(decode(&packed), Some(expected.clone()));
        let first_form = postcard::to_allocvec(&entries).unwrap();
        assert_eq!(decode(&first_form), Some(expected));
        assert!(packed.len() * 2 < first_form.len(), "{} of {}", packed.len(), first_form.len());
    }

    #[test]
    fn damaged_records_are_none() {
        let whole = encode(&[(7, &journal(0))]).unwrap();
        for end in 0..whole.len() {
            assert_eq!(decode(&whole[..end]), None, "{end} bytes of it");
        }
        assert_eq!(encode(&[]), None);
    }
}
