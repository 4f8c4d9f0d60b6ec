//! Files whose content the policy declares, and uploads that fail.

use std::sync::Arc;

use veracruz_policy::{Principal, Sha256Digest};
use veracruz_runtime::vfs::{CommitError, Vfs, WriteMode};

use crate::world::{ME, append, builder, certificate, path, read, target, vfs, write};

const CONTENT: &[u8] = b"the agreed content";

fn with_declared() -> Vfs {
    let policy = builder()
        .identity(certificate("owner"), "/data/ : rw, /program/ : rwx")
        .unwrap()
        .program("/program/p.wasm", Some(Sha256Digest::of(CONTENT)), "/data/ : rw")
        .unwrap()
        .build()
        .unwrap();
    vfs(Arc::new(policy))
}

#[test]
fn a_declared_file_takes_its_content_and_no_other() {
    let vfs = with_declared();
    let refused = write(&vfs, "/program/p.wasm", b"another content").unwrap_err();
    assert_eq!(refused.code(), "wrong-hash");
    assert!(refused.to_string().contains(&Sha256Digest::of(CONTENT).to_string()), "{refused}");
    assert_eq!(read(&vfs, "/program/p.wasm").unwrap_err().code(), "not-found");

    let done = write(&vfs, "/program/p.wasm", CONTENT).unwrap();
    assert!(done.declared);
    assert_eq!(done.digest, Some(Sha256Digest::of(CONTENT)));
    write(&vfs, "/program/p.wasm", CONTENT).expect("the same content again changes nothing");
    for refused in [
        write(&vfs, "/program/p.wasm", b"another content").unwrap_err(),
        append(&vfs, "/program/p.wasm", b"more").unwrap_err(),
    ] {
        assert!(["wrong-hash", "content-is-fixed"].contains(&refused.code()), "{refused}");
    }
    assert_eq!(read(&vfs, "/program/p.wasm").unwrap(), CONTENT);
}

#[test]
fn the_embedder_cannot_break_a_declared_hash_either() {
    let vfs = with_declared();
    let upload = |bytes: &[u8]| {
        let mut upload = vfs.stage_hashed().unwrap();
        upload.push(bytes).unwrap();
        upload
    };
    assert_eq!(vfs.provision(&path("/program/p.wasm"), upload(b"other")).unwrap_err().code(), "wrong-hash");
    vfs.provision(&path("/program/p.wasm"), upload(CONTENT)).unwrap();
    vfs.provision(&path("/anywhere/else"), upload(b"free")).unwrap();
    let program = vfs.program(&ME, &path("/program/p.wasm")).unwrap();
    assert_eq!(program.digest, Sha256Digest::of(CONTENT));

    let exported = vfs.export(&path("/")).unwrap();
    let paths: Vec<String> = exported.iter().map(|one| one.path.to_string()).collect();
    assert_eq!(paths, ["/", "/anywhere", "/anywhere/else", "/data", "/program", "/program/p.wasm"]);
    assert_eq!(exported[2].content.as_ref().unwrap().to_vec(10).unwrap(), b"free");
}

#[test]
fn a_program_is_known_by_the_digest_of_what_it_is_now() {
    let vfs = with_declared();
    let policy_has_it = |name: &str| vfs.program(&ME, &path(name)).unwrap_err().code();
    assert_eq!(policy_has_it("/program/other.wasm"), "not-a-program");
    assert_eq!(policy_has_it("/program/p.wasm"), "not-found");

    let pipeline = Principal::Participant(0);
    write(&vfs, "/program/step", b"first").unwrap();
    for content in [b"first".as_slice(), b"second"] {
        write(&vfs, "/program/step", content).unwrap();
        let step = vfs.pipeline_step(&pipeline, &path("/program/step")).unwrap();
        assert_eq!(step.digest, Sha256Digest::of(content));
        assert_eq!(step.content.to_vec(100).unwrap(), content);
    }
    append(&vfs, "/program/step", b" half").unwrap();
    let step = vfs.pipeline_step(&pipeline, &path("/program/step")).unwrap();
    assert_eq!(step.digest, Sha256Digest::of(b"second half"));
}

#[test]
fn a_check_that_refuses_leaves_the_old_file() {
    let vfs = with_declared();
    write(&vfs, "/data/a", b"old").unwrap();
    let mut upload = vfs.stage().unwrap();
    upload.push(b"new").unwrap();
    let refused = vfs.commit_checked(&ME, &target("/data/a"), WriteMode::Replace, upload, |came, digest| {
        assert_eq!(came.to_vec(10).unwrap(), b"new");
        assert_eq!(*digest, Sha256Digest::of(b"new"));
        Err("imports something")
    });
    assert!(matches!(refused, Err(CommitError::Refused("imports something"))));
    assert_eq!(read(&vfs, "/data/a").unwrap(), b"old");
}

#[test]
fn a_dropped_upload_leaves_nothing() {
    let vfs = with_declared();
    let before = vfs.budget().used();
    let mut upload = vfs.stage_hashed().unwrap();
    upload.push(&[7; 1_000_000]).unwrap();
    assert!(vfs.budget().used() >= before + 1_000_000);
    assert_eq!(format!("{upload:?}"), "Upload(1000000 bytes)", "content must not be printed");
    drop(upload);
    assert_eq!(vfs.budget().used(), before);
}
