//! Instances that end before they are deleted, and an upload that ends in the middle.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, repeat};
use veracruz_client::rest::Error;
use veracruz_policy::Sha256Digest;

use crate::audit::{contents, files};
use crate::content::Kind;
use crate::hands::upload;
use crate::stage::Stage;
use crate::world::{Part, strike, until};

/// Bytes of the large upload, and how many of them are sent before the kill.
const HUGE: u64 = 128 << 20;
const SENT: u64 = 110 << 20;
const HUGE_PATH: &str = "/program_data/huge";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_an_instance_that_its_user_has_shut_down_succeeds_and_its_slot_is_free() {
    let stage = Stage::new(28_500, 1).await;
    for _ in 0..3 {
        let policy = stage.create("one").await.unwrap();
        stage.hands.people.connect(&policy).await.shutdown().await.unwrap();
        // At once: whether anybody has noticed its end already makes no difference.
        stage.hands.ccfaas.delete_instance("one").await.unwrap();
        let again = stage.hands.ccfaas.delete_instance("one").await.unwrap_err();
        assert_eq!(again.code(), "instance-not-found");
    }
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_instance_is_shown_as_over_and_gives_back_slot_and_name() {
    let stage = Stage::new(28_600, 1).await;
    stage.create("one").await.unwrap();
    let slot = stage.world.slots().start;
    strike(stage.world.processes()[&slot]);
    until("it is shown as over", async || stage.hands.ccfaas.instance("one").await.unwrap().status.is_over()).await;
    assert_eq!(stage.hands.ccfaas.instances().await.unwrap().instances, ["one"]);
    // The name is free, and so is the only slot.
    let policy = stage.create("one").await.unwrap();
    stage.hands.people.connect(&policy).await.close().await.unwrap();
    stage.hands.ccfaas.delete_instance("one").await.unwrap();
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_free_as_soon_as_the_instance_that_had_it_has_ended() {
    let stage = Stage::new(28_700, 1).await;
    for _ in 0..3 {
        let policy = stage.create("one").await.unwrap();
        // It was looked at just now: what was seen then is no reason to refuse.
        assert!(stage.hands.ccfaas.instance("one").await.unwrap().status.is_ready());
        stage.hands.people.connect(&policy).await.shutdown().await.unwrap();
        stage.hands.seen_to_end(&policy).await;
    }
    stage.hands.ccfaas.delete_instance("one").await.unwrap();
    stage.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_a_kill_cuts_leaves_its_name_free_and_the_disk_as_it_was() {
    let mut stage = Stage::new(28_800, 1).await;
    let content = vec![7; usize::try_from(HUGE).unwrap()];
    let mut policy: Value = serde_json::from_str(&stage.hands.variants[0].policy("huge")).unwrap();
    policy["data_files"] = json!([{"data_file": HUGE_PATH, "pi_hash": Sha256Digest::of(&content).to_string()}]);
    stage.hands.ccfaas.create_function(policy.to_string()).await.unwrap();
    let before = contents(&stage.world);

    let (ccfaas, folder) = (stage.hands.ccfaas.clone(), stage.world.path("ccfaas/contents"));
    let (silent, _keep) = tokio::io::duplex(1);
    let begun = repeat(7).take(SENT).chain(silent);
    let uploading = tokio::spawn(async move { ccfaas.upload_data_file("huge", HUGE_PATH, HUGE, begun).await });
    until("most of it is on the disk", async || files(&folder).values().sum::<u64>() > SENT - (2 << 20)).await;
    drop(stage.world.take(Part::Ccfaas));
    assert!(matches!(uploading.await.unwrap(), Err(Error::Lost { .. })));

    stage.begin(Part::Ccfaas).await;
    assert_eq!(contents(&stage.world), before, "the space is not given back");
    assert_eq!(stage.hands.ccfaas.data_files("huge").await.unwrap().data_files, Vec::<String>::new());
    upload(&stage.hands.ccfaas, "huge", Kind::DataFile, HUGE_PATH, content.into()).await.unwrap();
    stage.hands.ccfaas.delete_function("huge").await.unwrap();
    assert_eq!(contents(&stage.world), before);
    stage.ends().await;
}
