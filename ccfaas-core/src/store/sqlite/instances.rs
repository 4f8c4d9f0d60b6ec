//! Instances in SQL.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};

use super::{Ending, InstanceKey, InstanceRow, Phase, Reservation, Reserved, Rows, Running};

/// What [`row_of`] reads.
const ROW: &str = "SELECT key, name, phase, since, endpoint, hash FROM instances";

const MISSED: Phase = Phase::Ended(Ending::Missed);

pub(super) fn reserve(rows: &Transaction<'_>, wanted: &Reservation, most: u64) -> rusqlite::Result<Reserved> {
    let before = find(rows, &wanted.name)?;
    match &before {
        Some(InstanceRow { phase: Phase::Reserved | Phase::Ready, .. }) => return Ok(Reserved::Exists),
        Some(InstanceRow { key, phase, .. }) => drop(remove(rows, *key, *phase)?),
        None if number(rows)? >= most => return Ok(Reserved::Full),
        None => {}
    }
    rows.execute(
        "INSERT INTO instances (key, name, phase, since) VALUES (?, ?, ?, ?)",
        params![wanted.key.to_string(), wanted.name, Phase::Reserved.name(), wanted.since],
    )?;
    Ok(Reserved::Yes(before))
}

pub(super) fn make_ready(rows: &Transaction<'_>, key: InstanceKey, running: &Running) -> rusqlite::Result<bool> {
    let changed = rows.execute(
        "UPDATE instances SET phase = ?, endpoint = ?, hash = ?, policy = ? WHERE key = ? AND phase = ?",
        params![
            Phase::Ready.name(),
            running.endpoint,
            running.hash,
            running.policy,
            key.to_string(),
            Phase::Reserved.name()
        ],
    )?;
    Ok(changed == 1)
}

pub(super) fn end(rows: &Transaction<'_>, key: InstanceKey, ending: Ending, since: i64) -> rusqlite::Result<bool> {
    let changed = rows.execute(
        "UPDATE instances SET phase = ?1, since = ?2 WHERE key = ?3 AND phase IN (?4, ?5) AND phase <> ?1",
        params![Phase::Ended(ending).name(), since, key.to_string(), Phase::Ready.name(), MISSED.name()],
    )?;
    Ok(changed == 1)
}

pub(super) fn come_back(rows: &Transaction<'_>, key: InstanceKey, since: i64) -> rusqlite::Result<bool> {
    let changed = rows.execute(
        "UPDATE instances SET phase = ?, since = ? WHERE key = ? AND phase = ?",
        params![Phase::Ready.name(), since, key.to_string(), MISSED.name()],
    )?;
    Ok(changed == 1)
}

pub(super) fn owns(rows: &Connection, instance_id: &str) -> rusqlite::Result<bool> {
    rows.query_row("SELECT EXISTS (SELECT 1 FROM own_names WHERE instance_id = ?)", [instance_id], |row| row.get(0))
}

pub(super) fn claim(rows: &Transaction<'_>, instance_id: &str) -> rusqlite::Result<()> {
    rows.execute("INSERT INTO own_names (instance_id) VALUES (?) ON CONFLICT DO NOTHING", [instance_id]).map(drop)
}

pub(super) fn begin_deletion(rows: &Transaction<'_>, name: &str, since: i64) -> rusqlite::Result<Option<InstanceRow>> {
    let before = find(rows, name)?.filter(|row| row.phase != Phase::Reserved);
    if let Some(InstanceRow { key, .. }) = &before {
        rows.execute(
            "UPDATE instances SET phase = ?, since = ? WHERE key = ?",
            params![Phase::Deleting.name(), since, key.to_string()],
        )?;
    }
    Ok(before)
}

pub(super) fn remove(rows: &Transaction<'_>, key: InstanceKey, phase: Phase) -> rusqlite::Result<bool> {
    let removed =
        rows.execute("DELETE FROM instances WHERE key = ? AND phase = ?", params![key.to_string(), phase.name()])?;
    Ok(removed == 1)
}

pub(super) fn all(rows: &Connection) -> rusqlite::Result<Vec<InstanceRow>> {
    let mut query = rows.prepare_cached(&format!("{ROW} ORDER BY name"))?;
    query.query_map([], row_of)?.collect()
}

pub(super) fn with_policy(rows: &Connection, name: &str) -> rusqlite::Result<Option<(InstanceRow, String)>> {
    let text = "SELECT key, name, phase, since, endpoint, hash, policy FROM instances WHERE name = ?";
    let mut query = rows.prepare_cached(text)?;
    let found = query.query_row([name], |row| Ok((row_of(row)?, row.get::<_, Option<String>>(6)?.unwrap_or_default())));
    found.optional()
}

pub(super) fn count(rows: &Connection) -> rusqlite::Result<Rows> {
    let functions = rows.query_row("SELECT count(*) FROM functions", [], |row| row.get(0))?;
    let mut counted = Rows { functions, ..Rows::default() };
    let mut query = rows.prepare_cached("SELECT phase, count(*) FROM instances GROUP BY phase")?;
    for pair in query.query_map([], |row| Ok((super::parsed(row, 0)?, row.get::<_, u64>(1)?)))? {
        let (phase, count) = pair?;
        match phase {
            Phase::Reserved => counted.reserved += count,
            Phase::Ready => counted.ready += count,
            Phase::Ended(_) => counted.ended += count,
            Phase::Deleting => counted.deleting += count,
        }
    }
    Ok(counted)
}

fn find(rows: &Connection, name: &str) -> rusqlite::Result<Option<InstanceRow>> {
    rows.prepare_cached(&format!("{ROW} WHERE name = ?"))?.query_row([name], row_of).optional()
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<InstanceRow> {
    let (endpoint, hash): (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
    Ok(InstanceRow {
        key: super::parsed(row, 0)?,
        name: row.get(1)?,
        phase: super::parsed(row, 2)?,
        since: row.get(3)?,
        address: endpoint.zip(hash),
    })
}

fn number(rows: &Connection) -> rusqlite::Result<u64> {
    rows.query_row("SELECT count(*) FROM instances", [], |row| row.get(0))
}
