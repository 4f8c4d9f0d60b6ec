//! Programs and data files by their names: listed, shown, removed.

use serde_json::json;

use super::fixtures::{
    NAMES, NAMES_CONTENT, PROGRAM, PROGRAM_CONTENT, WEIGHTS, WEIGHTS_CONTENT, base64, digest, function,
};
use super::world::World;

#[tokio::test]
async fn programs_are_loaded_listed_shown_and_removed() {
    let world = World::new().await;
    world.register("vod").await;
    let path = format!("/function/vod/program/{}", base64(PROGRAM));
    assert_eq!(world.get("/function/vod/program").await.ok().json(), json!({"programs": []}));
    let detail = world.get(&path).await.problem(404, "file-not-loaded");
    assert_eq!(detail, "program /program/detector.wasm is not loaded in function vod");
    world.delete(&path).await.problem(404, "file-not-loaded");
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.says("function loaded!");
    assert_eq!(world.get("/function/vod/program").await.ok().json(), json!({"programs": [base64(PROGRAM)]}));
    world.get(&path).await.says("programn /program/detector.wasm is loaded in function vod");
    assert_eq!(world.contents(), 1);
    world.delete(&path).await.says("programn /program/detector.wasm is deleted from function vod");
    assert_eq!(world.contents(), 0);
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.ok();
}

#[tokio::test]
async fn c8_c9_data_files_are_loaded_listed_shown_and_removed() {
    let world = World::new().await;
    world.register("vod").await;
    let path = format!("/function/vod/data_file/{}", base64(NAMES));
    world.get(&path).await.problem(404, "file-not-loaded");
    world.upload("vod", "data_file", NAMES, NAMES_CONTENT).await.says("data_file /program_data/coco.names loaded!");
    world.upload("vod", "data_file", WEIGHTS, WEIGHTS_CONTENT).await.ok();
    let loaded = json!({"data_files": [base64(NAMES), base64(WEIGHTS)]});
    assert_eq!(world.get("/function/vod/data_file").await.ok().json(), loaded);
    world.get(&path).await.says("data_file /program_data/coco.names is loaded in function vod");
    world.delete(&path).await.says("data_file /program_data/coco.names is deleted from function vod");
    world.delete(&path).await.problem(404, "file-not-loaded");
    assert_eq!(world.contents(), 1);
}

#[tokio::test]
async fn lists_of_an_unknown_function_are_empty_and_everything_else_of_it_is_404() {
    let world = World::new().await;
    assert_eq!(world.get("/function/none/program").await.ok().json(), json!({"programs": []}));
    assert_eq!(world.get("/function/none/data_file").await.ok().json(), json!({"data_files": []}));
    for kind in ["program", "data_file"] {
        let path = format!("/function/none/{kind}/{}", base64(PROGRAM));
        world.get(&path).await.problem(404, "function-not-found");
        world.delete(&path).await.problem(404, "function-not-found");
        world.post(&path, PROGRAM_CONTENT).await.problem(404, "function-not-found");
    }
}

#[tokio::test]
async fn c13_a_name_is_read_in_each_of_its_forms_and_in_no_other() {
    let world = World::new().await;
    let odd = "/program/ÿÿ?~~~.wasm";
    let mut policy = function("vod");
    policy["programs"][0]["program_file_name"] = json!(odd);
    world.post_json("/function", &policy).await.ok();
    let standard = base64(odd);
    assert!(standard.contains('/') && standard.contains('='), "{standard} has what cannot be routed everywhere");
    let forms = [
        standard.clone(),
        standard.replace('/', "%2F"),
        standard.trim_end_matches('=').to_owned(),
        standard.replace('+', "-").replace('/', "_"),
        "program%2F%C3%BF%C3%BF%3F~~~.wasm".to_owned(),
        "%2Fprogram%2F%C3%BF%C3%BF%3F~~~.wasm".to_owned(),
        "program/%C3%BF%C3%BF%3F~~~.wasm".to_owned(),
    ];
    for form in &forms {
        let path = format!("/function/vod/program/{form}");
        world.post(&path, PROGRAM_CONTENT).await.says("function loaded!");
        world.get(&path).await.ok();
        world.delete(&path).await.ok();
    }
    for (segment, status, code) in [
        ("L3B*yb2", 400, "bad-file-name"),
        ("L3By b2".replace(' ', "%20").as_str(), 400, "bad-file-name"),
        ("..%2F..%2Fetc%2Fpasswd", 400, "bad-file-name"),
        ("$(id)", 400, "bad-file-name"),
        (&base64("/program/../program/x"), 404, "file-not-declared"),
        (&base64("$(reboot)"), 404, "file-not-declared"),
        (&"A".repeat(9000), 400, "bad-file-name"),
        ("//79", 400, "bad-file-name"),
    ] {
        let path = format!("/function/vod/program/{segment}");
        world.get(&path).await.problem(status, code);
        world.post(&path, PROGRAM_CONTENT).await.problem(status, code);
        world.delete(&path).await.problem(status, code);
    }
    // What is a program is no data file.
    world.get(&format!("/function/vod/data_file/{standard}")).await.problem(404, "file-not-declared");
    assert_eq!(world.contents(), 0);
}

#[tokio::test]
async fn a_file_may_be_a_program_and_a_data_file() {
    let world = World::new().await;
    let mut policy = function("vod");
    policy["data_files"] = json!([{"data_file": PROGRAM, "pi_hash": digest(PROGRAM_CONTENT)}]);
    world.post_json("/function", &policy).await.ok();
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.ok();
    world.upload("vod", "data_file", PROGRAM, PROGRAM_CONTENT).await.ok();
    world.delete(&format!("/function/vod/program/{}", base64(PROGRAM))).await.ok();
    assert_eq!(world.get("/function/vod/data_file").await.json(), json!({"data_files": [base64(PROGRAM)]}));
}

#[tokio::test]
async fn a_function_takes_its_files_with_it() {
    let world = World::loaded().await;
    assert_eq!(world.contents(), 3);
    world.delete("/function/vod").await.ok();
    assert_eq!(world.contents(), 0);
    world.register("vod").await;
    assert_eq!(world.get("/function/vod/program").await.json(), json!({"programs": []}));
}
