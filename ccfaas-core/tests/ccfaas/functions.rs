//! Functions: registered, listed, shown, deleted.

use serde_json::json;

use super::fixtures::{function, user};
use super::world::World;

#[tokio::test]
async fn a_function_is_registered_listed_shown_and_deleted() {
    let world = World::new().await;
    assert_eq!(world.get("/function").await.ok().json(), json!({"functions": []}));
    // The text comes back as it was sent, white space and all.
    let text = serde_json::to_string_pretty(&function("vod")).unwrap();
    assert_eq!(world.post("/function", text.clone()).await.ok().text, text);
    assert_eq!(world.get("/function").await.ok().json(), json!({"functions": ["vod"]}));
    let shown = world.get("/function/vod").await.ok();
    assert_eq!((shown.headers["content-type"].to_str().unwrap(), &shown.text), ("application/json", &text));
    world.delete("/function/vod").await.says("Function vod deleted");
    world.get("/function/vod").await.problem(404, "function-not-found");
    let detail = world.delete("/function/vod").await.problem(404, "function-not-found");
    assert!(detail.starts_with("function vod not found"), "{detail}");
    world.register("vod").await;
}

#[tokio::test]
async fn a_name_is_registered_once() {
    let world = World::new().await;
    world.register("vod").await;
    let detail = world.post_json("/function", &function("vod")).await.problem(400, "function-exists");
    assert!(detail.starts_with("Could not create the function vod"), "{detail}");
    // The one that was there is still there.
    assert_eq!(world.get("/function/vod").await.ok().json(), function("vod"));
}

#[tokio::test]
async fn of_concurrent_registrations_of_one_name_exactly_one_wins() {
    let world = World::new().await;
    let policy = function("vod");
    let answers = futures_util::future::join_all((0..16).map(|_| world.post_json("/function", &policy))).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1);
    answers.iter().filter(|answer| answer.status != 200).for_each(|answer| {
        answer.problem(400, "function-exists");
    });
}

#[tokio::test]
async fn c1_a_body_that_is_no_json_is_refused() {
    let world = World::new().await;
    for (path, body) in [("/function", "{\"function\": "), ("/instance", "not JSON"), ("/function", "")] {
        world.post(path, body).await.problem(400, "not-json");
    }
    let untyped = axum::http::Request::post("/function").body(function("vod").to_string().into()).unwrap();
    let detail = world.answer(untyped).await.problem(400, "not-json");
    assert!(detail.contains("input should be a JSON object"), "{detail}");
    world.post("/function", " ".repeat(2 * 1024 * 1024)).await.problem(413, "body-too-large");
    assert_eq!(world.get("/function").await.json(), json!({"functions": []}));
}

#[tokio::test]
async fn what_is_wrong_with_a_policy_is_told_field_by_field() {
    let world = World::new().await;
    // The object of the i-poc's register-function-example.sh.
    let example = json!({
        "function": "linear-regression",
        "execution_strategy": "JIT",
        "programs": [{"id": 0, "program_file_name": "/linear-regression.wasm", "pi_hash": "00", "file_rights": []}],
        "data_files": [],
    });
    let answer = world.post_json("/function", &example).await;
    let detail = answer.problem(400, "policy-invalid");
    for key in ["debug", "enable_clock", "max_memory_mib", "file_rights"] {
        assert!(detail.contains(key), "{key} is not named in {detail}");
    }
    assert!(answer.pointers().contains(&"/programs/0/pi_hash".to_owned()), "{:?}", answer.pointers());

    let mut unknown = function("vod");
    unknown["surprise"] = json!(1);
    let answer = world.post_json("/function", &unknown).await;
    answer.problem(400, "policy-invalid");
    assert_eq!(answer.pointers(), ["/surprise"]);
    let mut typed = function("vod");
    typed["max_memory_mib"] = json!("256");
    let answer = world.post_json("/function", &typed).await;
    answer.problem(400, "policy-invalid");
    assert_eq!(answer.pointers(), ["/max_memory_mib"]);
    world.post_json("/function", &json!([])).await.problem(400, "policy-invalid");
    let answer = world.post_json("/instance", &json!({"function": "vod", "identities": []})).await;
    assert!(answer.problem(400, "policy-invalid").contains("instanceid"));
}

#[tokio::test]
async fn c10_a_function_needs_no_data_files() {
    let world = World::new().await;
    let mut policy = function("bare");
    policy.as_object_mut().unwrap().remove("data_files");
    world.post_json("/function", &policy).await.ok();
    assert_eq!(world.get("/function/bare/data_file").await.ok().json(), json!({"data_files": []}));
    world.get("/function/bare/data_file/Ljg=").await.problem(404, "file-not-declared");
    world.post_json("/instance", &user("bare", "one")).await.ok();
}

#[tokio::test]
async fn c15_c16_every_name_that_is_taken_can_be_listed_and_reached() {
    let world = World::new().await;
    // In base64 they end in `_programs` or are as long as a name may be; others have to be encoded in a path.
    let longest = "n".repeat(189);
    for (name, path) in [("x_programs", "x_programs"), (&longest, &longest), ("ü 50%?", "%C3%BC%2050%25%3F")] {
        world.register(name).await;
        assert_eq!(world.get(&format!("/function/{path}")).await.ok().json()["function"], name);
    }
    assert_eq!(world.get("/function").await.json(), json!({"functions": [longest.clone(), "x_programs", "ü 50%?"]}));
    for name in [&"n".repeat(190), "", "..", "a/b", "a\nb"] {
        let answer = world.post_json("/function", &function(name)).await;
        answer.problem(400, "policy-invalid");
        assert_eq!(answer.pointers(), ["/function"], "{name:?}");
    }
}

#[tokio::test]
async fn c23_functions_are_counted() {
    let world = World::with(|settings| settings.limits.functions = 2).await;
    world.register("one").await;
    world.register("two").await;
    world.post_json("/function", &function("three")).await.problem(507, "too-many-functions");
    world.post_json("/function", &function("two")).await.problem(400, "function-exists");
    world.delete("/function/one").await.ok();
    world.register("three").await;
    assert_eq!(world.service.counts().rows.functions, 2);
}

#[tokio::test]
async fn c24_a_program_is_declared_once() {
    let world = World::new().await;
    let mut policy = function("vod");
    let mut again = policy["programs"][0].clone();
    again["id"] = json!(1);
    policy["programs"].as_array_mut().unwrap().push(again);
    let answer = world.post_json("/function", &policy).await;
    answer.problem(400, "policy-invalid");
    assert_eq!(answer.pointers(), ["/programs/1/program_file_name"]);
}

#[tokio::test]
async fn c25_the_priority_is_shown() {
    let world = World::new().await;
    world.register("vod").await;
    assert_eq!(world.get("/function/vod").await.json()["data_files"][1]["priority"], 3);
}

#[tokio::test]
async fn c26_c27_markup_in_names_stays_text_and_no_answer_tells_of_the_inside() {
    let world = World::new().await;
    world.register("<b>&'").await;
    world.delete("/function/%3Cb%3E%26'").await.says("Function &lt;b&gt;&amp;' deleted");
    let detail = world.get(&format!("/function/{}%0a%1b", "x".repeat(4000))).await.problem(404, "function-not-found");
    assert!(detail.len() < 400 && !detail.contains('\u{1b}'), "{detail}");
}

#[tokio::test]
async fn a_long_list_can_be_read_page_by_page() {
    let world = World::new().await;
    for name in ["b", "a", "é", "C", "d"] {
        world.register(name).await;
    }
    for (query, names) in [
        ("", vec!["C", "a", "b", "d", "é"]),
        ("?limit=2", vec!["C", "a"]),
        ("?limit=2&after=a", vec!["b", "d"]),
        ("?limit=1000&after=d", vec!["é"]),
        ("?after=%C3%A9", vec![]),
        ("?after=a&surprise=1", vec!["b", "d", "é"]),
    ] {
        assert_eq!(world.get(&format!("/function{query}")).await.ok().json(), json!({"functions": names}), "{query}");
    }
    for query in ["limit=0", "limit=1001", "limit=", "limit=x", "limit=-1", "limit=1.0", "limit=99999999999"] {
        let detail = world.get(&format!("/function?{query}")).await.problem(400, "bad-query");
        assert!(detail.contains("`limit` is a whole number from 1 to 1000"), "{detail}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let world = World::new().await;
    for path in ["/", "/functions", "/function/", "/function/a/other", "/function/a/program/", "/instance/a/b"] {
        world.get(path).await.problem(404, "no-such-resource");
    }
    for (method, path) in [("PUT", "/function"), ("POST", "/function/a"), ("DELETE", "/instance"), ("PATCH", "/")] {
        let answer = world.send(method, path, axum::body::Body::empty()).await;
        if path == "/" {
            answer.problem(404, "no-such-resource");
        } else {
            answer.problem(405, "method-not-allowed");
            assert!(answer.headers.contains_key("allow"), "{method} {path}");
        }
    }
    world.get("/function/%ff").await.problem(400, "bad-path");
    world.get("/instance/%ff").await.problem(400, "bad-path");
}
