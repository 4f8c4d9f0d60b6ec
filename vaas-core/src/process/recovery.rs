//! What an earlier life of the driver left: instances to take over, and leavings to remove.

use std::collections::HashMap;
use std::sync::Arc;

use rustix::process::Pid;
use uuid::Uuid;

use super::child::Process;
use super::folder::{Folder, Found};
use super::found::processes;
use super::warden::Warden;
use super::{Shared, blocking, ended};
use crate::driver::{DriverError, Ended, Order, Recovered, Started};

/// Takes over what was acknowledged, and ends the rest.
pub(super) async fn recover(shared: &Arc<Shared>) -> Result<Recovered, DriverError> {
    let reading = Arc::clone(shared);
    let (acknowledged, nobodys, mut running) =
        blocking("reading the instances' folders", move || sort(&reading)).await?;
    for folder in nobodys {
        let pid = running.remove(&folder.generation());
        end(shared, folder, pid).await?;
    }
    let mut instances = Vec::new();
    for (folder, found) in acknowledged {
        let pid = running.remove(&folder.generation());
        instances.push(adopt(shared, folder, found, pid)?);
    }
    for (generation, pid) in running {
        // Its folder is gone, and somebody other than this driver removed it.
        end(shared, Folder::of(&shared.instances, generation), Some(pid)).await?;
    }
    let reading = Arc::clone(shared);
    let ended = blocking("reading the list of ended instances", move || reading.graves.read()).await?;
    Ok(Recovered { instances, ended })
}

type Sorted = (Vec<(Folder, Found)>, Vec<Folder>, HashMap<Uuid, Pid>);

/// The folders of acknowledged instances, those of nobody's, and the processes.
///
/// A folder that is nobody's loses its policy before the processes are looked for: one that is just being started when the
/// service dies is found, or finds no policy.
fn sort(shared: &Shared) -> std::io::Result<Sorted> {
    let (mut acknowledged, mut nobodys) = (Vec::new(), Vec::new());
    for folder in Folder::all(&shared.instances)? {
        match (folder.is_acknowledged(), folder.read()) {
            (Ok(true), Ok(found)) => {
                acknowledged.push((folder, found));
                continue;
            }
            (Ok(false), Ok(found)) => shared.graves.add(&ended_one(found))?,
            // It was only begun.
            (Ok(false), Err(_)) => {}
            (Ok(true), Err(error)) | (Err(error), _) => {
                let path = folder.path().display();
                tracing::error!(%path, %error, "an instance's folder cannot be read; the instance is ended");
            }
        }
        folder.discard()?;
        nobodys.push(folder);
    }
    Ok((acknowledged, nobodys, processes(&shared.instances)?))
}

/// Others may have seen it while it started, and delete it later: the next instance of its port must be another.
fn ended_one(Found { order: Order { key, instance_id, .. }, .. }: Found) -> Ended {
    Ended { port: key.port, hash: key.hash, instance_id }
}

async fn end(shared: &Shared, folder: Folder, pid: Option<Pid>) -> Result<(), DriverError> {
    tracing::info!(instance = %folder.generation(), "nobody was told of this instance; it is removed");
    let within = |error| DriverError::failed("ending an instance that nobody was told of", error);
    let process = pid.map(|pid| Process::adopt(pid, &folder)).transpose().map_err(within)?.flatten();
    if let Some(mut process) = process {
        process.end(shared.settings.stop_bound).await.map_err(within)?;
    }
    blocking("removing an instance's folder", move || folder.remove()).await
}

fn adopt(shared: &Arc<Shared>, folder: Folder, found: Found, pid: Option<Pid>) -> Result<Started, DriverError> {
    let Found { order, before_this_boot } = found;
    let within = |error| DriverError::failed("taking an instance over", error);
    let process = pid.map(|pid| Process::adopt(pid, &folder)).transpose().map_err(within)?.flatten();
    let (warden, life) = Warden::new(shared, &order, folder);
    match process {
        Some(process) => {
            let mut follower = warden.follower().map_err(within)?;
            follower.skip().map_err(within)?;
            tracing::info!(instance = warden.name, "the instance runs and is taken over");
            tokio::spawn(warden.keep(process, follower));
        }
        None => {
            tracing::info!(instance = warden.name, "the instance ended meanwhile");
            tokio::spawn(warden.missed(before_this_boot));
        }
    }
    Ok(Started { order, ended: Box::pin(ended(life)) })
}
