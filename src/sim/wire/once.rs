//! Calls that make things, once for each token.

use std::str::FromStr;

use super::super::refusal::Refusal;
use super::super::world::World;
use super::Xml;
use super::query::Query;

/// Makes things, unless this call made them before, and writes what has become of them. Where one of them is gone since,
/// the last answer that there was is given again.
///
/// Source: EC2 API reference, "Ensuring idempotency in Amazon EC2 API requests": who repeats a call gets its result, of which
/// parts may be newer.
///
/// # Errors
/// Those of `order`, and those of a token that cannot be, or came with other parameters before.
pub(super) fn made<T: FromStr + ToString>(
    world: &mut World,
    query: &Query,
    xml: &mut Xml,
    order: impl FnOnce(&mut World) -> Result<Vec<T>, Refusal>,
    is_there: impl Fn(&World, &T) -> bool,
    write: impl FnOnce(&World, &[T], &mut Xml),
) -> Result<(), Refusal> {
    let (action, token) = (query.action(), query.client_token()?);
    let made = world.once(action, token, query.fingerprint(), order)?;
    let made: Vec<T> = made.iter().filter_map(|id| id.parse().ok()).collect();
    if made.iter().all(|id| is_there(world, id)) {
        let mut answer = xml.empty_one();
        write(world, &made, &mut answer);
        world.keep_answer(action, token, answer.as_str());
        xml.append(answer.as_str());
    } else {
        xml.append(world.kept_answer(action, token));
    }
    Ok(())
}
