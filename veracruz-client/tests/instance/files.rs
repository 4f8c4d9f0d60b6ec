//! Files go in and out whole, or not at all.

use veracruz_client::{FileKind, Transfer};
use veracruz_policy::Sha256Digest;

use crate::world::Instance;

const MIB: usize = 1 << 20;

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 31 + index / 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_in_comes_out_in_one_message_or_in_parts() {
    let instance = Instance::start().await;
    let mut session = instance.session("owner").await;
    for length in [0, 1, 64 * 1024 - 1, MIB, MIB + 1, 9 * MIB + 5] {
        let content = pattern(length);
        for known in [true, false] {
            let transfer = if known { Transfer::new().length(length as u64) } else { Transfer::new() };
            session.upload("/input/data", content.as_slice(), transfer).await.unwrap();
            let stat = session.stat("/input/data").await.unwrap();
            assert_eq!((stat.kind, stat.size), (FileKind::File, length as u64), "length known: {known}");
            let mut back = Vec::new();
            session.download("/input/data", &mut back, Transfer::new()).await.unwrap();
            assert!(back == content, "{length} bytes, length known: {known}");
        }
    }
    session.append("/input/data", &b"the end"[..], Transfer::new()).await.unwrap();
    assert_eq!(session.stat("/input/data").await.unwrap().size, 9 * MIB as u64 + 12);
    instance.stop().await;
}

#[tokio::test]
async fn directories_show_what_is_in_them() {
    let instance = Instance::start().await;
    let mut session = instance.session("owner").await;
    for number in 0..40 {
        session.upload(&format!("/many/{number:03}"), &b"x"[..], Transfer::new()).await.unwrap();
    }
    let entries = session.list("/many").await.unwrap();
    assert!(entries.iter().map(|entry| entry.name.clone()).eq((0..40).map(|number| format!("{number:03}"))));
    let root = session.list("/").await.unwrap();
    assert!(root.iter().any(|entry| entry.name == "many" && entry.kind == FileKind::Directory));
    assert_eq!(session.list("/nowhere").await.unwrap_err().code(), "not-found");
    assert_eq!(session.list("/many/000").await.unwrap_err().code(), "not-a-directory");
    assert_eq!(session.read("/many", 10).await.unwrap_err().code(), "is-a-directory");
}

#[tokio::test]
async fn a_declared_file_has_its_content_and_keeps_it() {
    let right = pattern(3 * MIB);
    let hash = Sha256Digest::of(&right);
    let owner = [("owner", "/:rwx")];
    let instance = Instance::with(&owner, |policy| policy.file_hash("/fixed", hash).unwrap()).await;
    let mut session = instance.session("owner").await;
    let mut wrong = right.clone();
    *wrong.last_mut().unwrap() ^= 1;
    for transfer in [Transfer::new(), Transfer::new().length(wrong.len() as u64)] {
        let error = session.upload("/fixed", wrong.as_slice(), transfer).await.unwrap_err();
        assert_eq!(error.code(), "wrong-hash");
        assert_eq!(session.stat("/fixed").await.unwrap_err().code(), "not-found");
    }
    session.upload("/fixed", right.as_slice(), Transfer::new()).await.unwrap();
    assert_eq!(session.append("/fixed", &b"x"[..], Transfer::new()).await.unwrap_err().code(), "content-is-fixed");
    assert!(session.upload("/fixed", wrong.as_slice(), Transfer::new()).await.is_err());
    assert!(session.read("/fixed", u64::MAX).await.unwrap() == right);
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_the_old_file() {
    let instance = Instance::start().await;
    let client = instance.client("owner").build().unwrap();
    let mut session = client.connect().await.unwrap();
    session.upload("/data", &b"old"[..], Transfer::new()).await.unwrap();
    let error = session.upload("/data", &b"new"[..], Transfer::new().length(1000)).await.unwrap_err();
    assert_eq!(error.code(), "source-unreadable");
    drop(session);
    let mut session = client.connect().await.unwrap();
    assert_eq!(session.read("/data", 10).await.unwrap(), b"old");
}
