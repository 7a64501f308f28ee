//! Which entries of a new list are entries of an old one: as many as can be without changing their order, so that a list that grew,
//! shrank or was shifted keeps its records.

use std::collections::HashMap;

/// For each entry of `new` the position in `old` of the one it is, or takes the place of; positions increase. Entries that are the
/// same have the same id. Between those, others take places in order, where `may_take` allows it.
pub(super) fn same_in_order(
    old: &[u64],
    new: &[u64],
    may_take: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let old_middle = old_rest.get(..old_rest.len() - tail).unwrap_or_default();
    let new_middle = new_rest.get(..new_rest.len() - tail).unwrap_or_default();
    let mut origins: Vec<Option<usize>> = (0..start).map(Some).collect();
    let middle = longest_increasing(&occurrences(old_middle, new_middle));
    origins.extend(middle.into_iter().map(|origin| origin.map(|at| at + start)));
    origins.extend((old.len() - tail..old.len()).map(Some));
    fill(&mut origins, old.len(), may_take);
    origins
}

/// For each entry of `new` the position of its equal in `old`: the first for the first of several, and so on.
fn occurrences(old: &[u64], new: &[u64]) -> Vec<Option<usize>> {
    if old.is_empty() || new.is_empty() {
        return vec![None; new.len()];
    }
    let mut places: HashMap<u64, Vec<usize>> = HashMap::with_capacity(old.len());
    for (index, id) in old.iter().enumerate().rev() {
        places.entry(*id).or_default().push(index);
    }
    new.iter().map(|id| places.get_mut(id).and_then(Vec::pop)).collect()
}

/// Keeps a longest increasing subsequence, and drops the others.
fn longest_increasing(origins: &[Option<usize>]) -> Vec<Option<usize>> {
    // For each length the entry that ends such a subsequence with the least origin; for each entry the one before it in its subsequence.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; origins.len()];
    for (index, origin) in origins.iter().enumerate() {
        let Some(origin) = *origin else { continue };
        let length = ends.partition_point(|&(least, _)| least < origin);
        let predecessor = length.checked_sub(1).and_then(|shorter| ends.get(shorter)).map(|&(_, at)| at);
        if let Some(place) = before.get_mut(index) {
            *place = predecessor;
        }
        match ends.get_mut(length) {
            Some(end) => *end = (origin, index),
            None => ends.push((origin, index)),
        }
    }
    let mut kept = vec![None; origins.len()];
    let mut at = ends.last().map(|&(_, index)| index);
    while let Some(index) = at {
        if let (Some(place), Some(origin)) = (kept.get_mut(index), origins.get(index)) {
            *place = *origin;
        }
        at = before.get(index).copied().flatten();
    }
    kept
}

/// Lets entries without an origin take the places of old ones that are nobody's, between the same neighbours.
fn fill(origins: &mut [Option<usize>], old: usize, may_take: impl Fn(usize) -> bool) {
    let mut free = 0;
    let mut index = 0;
    while index < origins.len() {
        let run = origins.iter().skip(index).take_while(|origin| origin.is_none()).count();
        let next = origins.get(index + run).copied().flatten();
        let limit = next.unwrap_or(old);
        let mut places = (free..limit).filter(|&place| may_take(place));
        for origin in origins.iter_mut().skip(index).take(run) {
            *origin = places.next();
        }
        free = limit + 1;
        index += run + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &[u64], new: &[u64], expected: &[Option<usize>]) {
        assert_eq!(same_in_order(old, new, |_| true), expected, "{old:?} {new:?}");
    }

    #[test]
    fn entries_keep_their_places() {
        let at = Some;
        check(&[], &[], &[]);
        check(&[], &[1, 2], &[None, None]);
        check(&[1, 2], &[], &[]);
        check(&[1, 2, 3], &[1, 2, 3, 4], &[at(0), at(1), at(2), None]);
        check(&[1, 2, 3], &[2, 3], &[at(1), at(2)]);
        check(&[1, 2, 3], &[0, 1, 2, 3], &[None, at(0), at(1), at(2)]);
        check(&[1, 2, 3], &[1, 9, 3], &[at(0), at(1), at(2)]);
        check(&[1, 2, 3, 4, 5], &[2, 4], &[at(1), at(3)]);
        check(&[1, 2, 3, 4], &[4, 1, 2, 3], &[None, at(0), at(1), at(2)]);
        check(&[1, 1, 1], &[1, 1], &[at(0), at(1)]);
        check(&[1, 2, 3, 4], &[8, 2, 9, 4], &[at(0), at(1), at(2), at(3)]);
    }

    #[test]
    fn places_that_may_not_be_taken_stay_free() {
        assert_eq!(same_in_order(&[1, 2], &[3, 4], |place| place == 1), [Some(1), None]);
    }
}
