//! Holds what the services show against the model.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use veracruz_client::rest::InstanceState;
use veracruz_policy::Sha256Digest;

use crate::content::Kind;
use crate::hands::Hands;
use crate::model::{Function, Model, State};
use crate::world::{World, until};

/// Everything that was acknowledged is shown, nothing else is, and the contents on the disk are those of loaded files.
pub(crate) async fn audit(world: &World, hands: &Hands, model: &Model) {
    let functions = hands.ccfaas.functions(None, None).await.unwrap().functions;
    assert_eq!(functions, model.functions.keys().cloned().collect::<Vec<_>>());
    for (name, function) in &model.functions {
        audit_function(hands, name, function).await;
    }
    let instances = hands.ccfaas.instances().await.unwrap().instances;
    assert_eq!(instances, model.instances.keys().cloned().collect::<Vec<_>>());
    for (name, instance) in &model.instances {
        until("an instance is shown as it is", async || {
            let shown = hands.ccfaas.instance(name).await.unwrap();
            assert_eq!(shown.policy, instance.policy);
            match instance.state {
                State::Running => assert_eq!(shown.status, InstanceState::Ready, "{name}"),
                State::Over => return shown.status.is_over(),
                State::Doomed => assert_eq!(shown.status, InstanceState::Deleting, "{name}"),
            }
            true
        })
        .await;
    }
    assert_eq!(contents(world), model.digests(&hands.variants));
}

async fn audit_function(hands: &Hands, name: &str, function: &Function) {
    let variant = &hands.variants[function.variant];
    assert_eq!(hands.ccfaas.function(name).await.unwrap(), variant.policy(name));
    let loaded = |kind| {
        let files = variant.files.iter().enumerate().filter(move |(_, file)| file.kind == kind);
        let loaded = files.filter(|(number, _)| function.loaded.contains(number)).map(|(_, file)| file.path);
        let mut paths: Vec<_> = loaded.collect();
        paths.sort_unstable();
        paths.into_iter().map(|path| STANDARD.encode(path)).collect::<Vec<_>>()
    };
    assert_eq!(hands.ccfaas.programs(name).await.unwrap().programs, loaded(Kind::Program));
    assert_eq!(hands.ccfaas.data_files(name).await.unwrap().data_files, loaded(Kind::DataFile));
}

/// Digests of what lies in the function service's folder of contents.
pub(crate) fn contents(world: &World) -> Vec<String> {
    let files = std::fs::read_dir(world.path("ccfaas/contents")).unwrap();
    let digest = |path: &Path| Sha256Digest::of(&std::fs::read(path).unwrap()).to_string();
    let mut digests: Vec<_> = files.map(|file| digest(&file.unwrap().path())).collect();
    digests.sort();
    digests
}

/// Sizes of all files below a folder, by their names in it.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, u64> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, metadata.len());
            }
        }
    }
    found
}
