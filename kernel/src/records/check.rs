//! Whether a record is what its key says.

use super::channel::{self, POLICY, Route, check_policies};
use super::cloud::{Child, check_head};
use super::key::{self, CloudKey, Tag};
use super::rulesets::{LIST, check_list};
use super::variable::{Form, RANK, read_part, read_variable, read_whole};
use super::{Damage, agenda, decode, job, matches};
use crate::store::Space;

/// Checks a record by itself. What others keep — rulesets, logs, facts about the host — is not looked at.
///
/// # Errors
/// What is wrong, with the key.
pub fn check(space: Space, key: &[u8], record: &[u8]) -> Result<(), String> {
    let result = match space {
        Space::Clouds => check_cloud(key, record),
        Space::Channels => decode::<Route>(record).map(drop),
        Space::Agenda => agenda::check(key, record),
        Space::Code => match (key.strip_prefix(POLICY), key.strip_prefix(LIST)) {
            (Some(hash), _) => check_policies(hash, record),
            (_, Some(hash)) => check_list(hash, record),
            _ => Ok(()),
        },
        Space::Logs | Space::Host => Ok(()),
    };
    result.map_err(|damage| format!("{}: the record `{}`: {damage}", space.name(), key.escape_ascii()))
}

fn check_cloud(key: &[u8], record: &[u8]) -> Result<(), Damage> {
    let CloudKey { tag, names, rest, .. } = key::read(key).ok_or(Damage::Stray)?;
    match tag {
        Tag::Head => check_head(record),
        Tag::Channel => decode::<channel::Kept>(record).map(drop),
        Tag::Child => decode::<Child>(record).map(drop),
        Tag::Job => {
            let id = names.into_iter().next().unwrap_or_default();
            decode::<job::Kept>(record)?.revive(id.into()).map(drop).ok_or(Damage::Fields)
        }
        Tag::Match => matches::read_match(record).map(drop),
        Tag::Variable => check_form(read_variable(record)?),
        Tag::Part if rest.len().is_multiple_of(RANK) => check_form(read_part(record)?.1),
        Tag::Part => Err(Damage::Stray),
    }
}

fn check_form(form: Form<'_>) -> Result<(), Damage> {
    match form {
        Form::Whole(bytes) => read_whole(bytes).map(drop),
        Form::Split(_) => Ok(()),
    }
}
