//! Uploads: whole, right, once; else nothing stays behind and the name is free.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::sync::mpsc;

use super::fixtures::{PROGRAM, PROGRAM_CONTENT, WEIGHTS, base64, digest, function};
use super::world::World;

fn program_path() -> String {
    format!("/function/vod/program/{}", base64(PROGRAM))
}

/// A body without a length, in pieces.
fn chunked(pieces: Vec<&'static [u8]>) -> Body {
    Body::from_stream(stream::iter(pieces).map(|piece| Ok::<_, Infallible>(Bytes::from_static(piece))))
}

/// That no content lies there, and that the right one can be sent now.
async fn is_free(world: &World) {
    assert_eq!(world.contents(), 0);
    assert_eq!(world.get("/function/vod/program").await.json(), json!({"programs": []}));
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.ok();
}

#[tokio::test]
async fn c3_c6_a_file_that_is_too_large_is_400_and_leaves_the_name_free() {
    for declared in [true, false] {
        let world = World::with(|settings| settings.limits.program_bytes = PROGRAM_CONTENT.len() as u64 + 1).await;
        world.register("vod").await;
        let body = if declared { Body::from("10 bytes ..") } else { chunked(vec![b"10 b", b"ytes .."]) };
        let detail = world.send("POST", &program_path(), body).await.problem(400, "file-too-large");
        assert_eq!(detail, "a program has fewer than 10 bytes here; this one is larger");
        is_free(&world).await;
    }
}

#[tokio::test]
async fn the_published_limits_hold_unless_the_operator_sets_others() {
    let limits = ccfaas_core::Limits::default();
    assert_eq!((limits.program_bytes, limits.data_file_bytes), (10_000_000, 300_000_000));
    let world = World::new().await;
    world.register("vod").await;
    // What the sender declares is refused before a byte is read.
    for (kind, file, length, code) in [
        ("program", PROGRAM, 10_000_000_u64, "file-too-large"),
        ("program", PROGRAM, 9_999_999, "hash-mismatch"),
        ("data_file", WEIGHTS, 300_000_000, "file-too-large"),
        ("data_file", WEIGHTS, 299_999_999, "hash-mismatch"),
    ] {
        let path = format!("/function/vod/{kind}/{}", base64(file));
        let request = Request::post(&path).header("content-length", length).header("expect", "100-continue");
        world.answer(request.body(Body::empty()).unwrap()).await.problem(400, code);
    }
}

#[tokio::test]
async fn c4_a_wrong_hash_is_400_and_leaves_the_name_free() {
    let world = World::new().await;
    world.register("vod").await;
    let answer = world.upload("vod", "program", PROGRAM, b"another program").await;
    let detail = answer.problem(400, "hash-mismatch");
    assert!(detail.contains("does not match function description"), "{detail}");
    assert!(detail.contains(&digest(b"another program")) && detail.contains(&digest(PROGRAM_CONTENT)), "{detail}");
    world.upload("vod", "program", PROGRAM, b"").await.problem(400, "hash-mismatch");
    is_free(&world).await;
}

#[tokio::test]
async fn c5_a_body_needs_no_length() {
    let world = World::new().await;
    world.register("vod").await;
    world.send("POST", &program_path(), chunked(vec![b"a p", b"", b"rogram"])).await.says("function loaded!");
}

#[tokio::test]
async fn c7_a_body_that_is_cut_is_400_and_leaves_the_name_free() {
    let world = World::new().await;
    world.register("vod").await;
    let cut = stream::iter([Ok(Bytes::from_static(b"a pro")), Err(io::Error::other("gone"))]);
    world.send("POST", &program_path(), Body::from_stream(cut)).await.problem(400, "body-incomplete");
    is_free(&world).await;
}

#[tokio::test]
async fn a_sender_who_goes_away_leaves_the_name_free() {
    let world = World::new().await;
    world.register("vod").await;
    let (pieces, body) = mpsc::channel::<io::Result<Bytes>>(1);
    let body = stream::unfold(body, async |mut body| body.recv().await.map(|piece| (piece, body)));
    let path = program_path();
    let sending = world.send("POST", &path, Body::from_stream(body));
    tokio::select! {
        answer = sending => panic!("{answer:?} came before the body"),
        () = async {
            pieces.send(Ok(Bytes::from_static(b"a pro"))).await.unwrap();
            // There is room again once the first piece was taken.
            pieces.reserve().await.unwrap();
        } => {}
    }
    assert_eq!(world.get("/function/vod/program").await.json(), json!({"programs": []}));
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.ok();
}

#[tokio::test]
async fn a_file_is_loaded_once() {
    let world = World::new().await;
    world.register("vod").await;
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.ok();
    let detail = world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.problem(400, "file-exists");
    assert!(detail.starts_with("program /program/detector.wasm already exists"), "{detail}");
    // A wrong one does not touch the right one.
    world.upload("vod", "program", PROGRAM, b"another program").await.problem(400, "file-exists");
    assert_eq!(world.contents(), 1);
}

#[tokio::test]
async fn of_concurrent_uploads_of_one_file_exactly_one_wins() {
    let world = World::new().await;
    world.register("vod").await;
    let uploads = (0..16).map(|_| world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT));
    let answers = futures_util::future::join_all(uploads).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert!(answer.problem(400, "file-exists").contains("already exists"));
    }
    assert_eq!(world.contents(), 1);
}

#[tokio::test]
async fn c14_an_upload_does_not_end_in_a_function_that_was_registered_anew() {
    let world = World::new().await;
    world.register("vod").await;
    let (pieces, body) = mpsc::channel::<io::Result<Bytes>>(1);
    let body = stream::unfold(body, async |mut body| body.recv().await.map(|piece| (piece, body)));
    let path = program_path();
    let sending = world.send("POST", &path, Body::from_stream(body));
    let world = &world;
    let meanwhile = async move {
        pieces.send(Ok(Bytes::from_static(PROGRAM_CONTENT))).await.unwrap();
        drop(pieces.reserve().await.unwrap());
        world.delete("/function/vod").await.ok();
        world.register("vod").await;
        drop(pieces);
    };
    let (answer, ()) = tokio::join!(sending, meanwhile);
    answer.problem(404, "function-not-found");
    is_free(world).await;
}

#[tokio::test]
async fn a_content_that_cannot_be_finished_leaves_nothing_behind() {
    let world = World::new().await;
    world.register("vod").await;
    let folder = world.folder.path().join("contents");
    let names = || std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let (pieces, body) = mpsc::channel::<io::Result<Bytes>>(1);
    let body = stream::unfold(body, async |mut body| body.recv().await.map(|piece| (piece, body)));
    let path = program_path();
    let sending = world.send("POST", &path, Body::from_stream(body));
    let meanwhile = async {
        pieces.send(Ok(Bytes::from_static(PROGRAM_CONTENT))).await.unwrap();
        drop(pieces.reserve().await.unwrap());
        // The name that the content is to have is taken by something that no file replaces.
        let aside = names().next().unwrap();
        let name = aside.split_once('#').unwrap().0;
        std::fs::create_dir(folder.join(name)).unwrap();
        drop(pieces);
        name.to_owned()
    };
    let (answer, name) = tokio::join!(sending, meanwhile);
    answer.problem(500, "internal");
    assert_eq!(names().collect::<Vec<_>>(), std::slice::from_ref(&name), "only what is in the way");
    std::fs::remove_dir(folder.join(name)).unwrap();
    is_free(&world).await;
}

#[tokio::test]
async fn a_refused_body_is_read_away_if_its_sender_does_not_wait() {
    // Who sent `Expect` waits, until the body was asked for: the program is refused at its second piece.
    for (file, expects, read) in [("/none", false, 4), ("/none", true, 0), (PROGRAM, false, 4), (PROGRAM, true, 4)] {
        let world = World::with(|settings| settings.limits.program_bytes = 14).await;
        world.register("vod").await;
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = taken.clone();
        let pieces = stream::iter([b"another"; 4]).map(move |piece| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Infallible>(Bytes::from_static(piece))
        });
        let mut request = Request::post(format!("/function/vod/program/{}", base64(file)));
        if expects {
            request = request.header("expect", "100-continue");
        }
        let answer = world.answer(request.body(Body::from_stream(pieces)).unwrap()).await;
        assert_ne!(answer.status, 200);
        assert_eq!(taken.load(Ordering::SeqCst), read, "{file}, {expects}");
    }
}

#[tokio::test]
async fn a_file_may_be_large_or_empty() {
    let world = World::new().await;
    let large: Vec<u8> = (0..3_000_000_u32).map(|number| number as u8).collect();
    for (name, content) in [("large", large), ("empty", Vec::new())] {
        let mut policy = function(name);
        policy["data_files"] = json!([{"data_file": WEIGHTS, "pi_hash": digest(&content)}]);
        world.post_json("/function", &policy).await.ok();
        world.upload(name, "data_file", WEIGHTS, &content).await.ok();
    }
    assert_eq!(world.contents(), 2);
}
