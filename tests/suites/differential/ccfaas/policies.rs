//! What went wrong with policies: C1, C10, C12, C16, C17, C23, C25.

use std::fs;

use serde_json::{Value, json};

use crate::cases::{Case, cases};
use crate::daemons::Functions;
use crate::documents::{
    NAMES, NAMES_CONTENT, PROGRAM, PROGRAM_CONTENT, Person, WEIGHTS, bare_function, base64, digest, function, read,
    user_policy,
};
use crate::world::{Instance, World, register, text};

pub(super) const CASES: &[Case] = cases![
    c01_corrupted_json_is_a_refusal_and_no_failure,
    c10_a_function_without_data_files_is_a_function,
    c12_the_loader_may_write_what_the_function_declares_and_no_more,
    c16_a_name_has_one_limit_and_it_is_told,
    c17_a_users_certificate_is_checked_and_its_last_newline_does_no_harm,
    c23_functions_and_instances_are_bounded,
    c25_priorities_are_shown_and_decide_what_is_loaded_first,
];

fn c01_corrupted_json_is_a_refusal_and_no_failure(world: &World) {
    for path in ["/function", "/instance"] {
        for body in
            ["", "{", "{\"function\": \"a\",}", "{\"function\": \"a\" \"b\"}", "{\"function\": \"\\ud800\"}", "nul"]
        {
            world.ccfaas.post_raw(path, body).refused_saying(400, "not-json", "at line 1, column");
        }
        let twice = "{\"function\": \"a\", \"function\": \"b\"}";
        let problem = world.ccfaas.post_raw(path, twice).refused(400, "policy-invalid");
        let places: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
        assert!(places.contains(&&json!("duplicate-key")), "{problem}");
    }
}

fn c10_a_function_without_data_files_is_a_function(world: &World) {
    let name = world.name("function");
    assert_eq!(world.ccfaas.post("/function", &bare_function(&name, PROGRAM, PROGRAM_CONTENT)).status, 200);
    let list = world.ccfaas.get(&format!("/function/{name}/data_file")).object(&["data_files"]);
    assert_eq!(list["data_files"], json!([]));
    let path = format!("/function/{name}/data_file/{}", base64(NAMES));
    world.ccfaas.post_raw(&path, NAMES_CONTENT).refused(404, "file-not-declared");
    world.ccfaas.get(&path).refused(404, "file-not-declared");
    let instance = world.instance(&name);
    let policy: Value = serde_json::from_str(&instance.policy).unwrap();
    assert_eq!(policy["file_hashes"], json!([{"file_path": PROGRAM, "hash": digest(PROGRAM_CONTENT)}]));
}

/// The right by which programs were meant to be written was computed and forgotten: a function whose `file_rights` said
/// nothing could not be loaded.
fn c12_the_loader_may_write_what_the_function_declares_and_no_more(world: &World) {
    let name = world.name("function");
    let mut body = bare_function(&name, PROGRAM, PROGRAM_CONTENT);
    body["data_files"] = json!([{"data_file": NAMES, "pi_hash": digest(NAMES_CONTENT)}]);
    assert_eq!(world.ccfaas.post("/function", &body).status, 200);
    world
        .ccfaas
        .post_raw(&format!("/function/{name}/program/{}", base64(PROGRAM)), PROGRAM_CONTENT)
        .says("function loaded!");
    let data_file = format!("/function/{name}/data_file/{}", base64(NAMES));
    assert_eq!(world.ccfaas.post_raw(&data_file, NAMES_CONTENT).status, 200);

    let (app, user) = (Person::new("app"), Person::new("user"));
    let mut body = user_policy(&name, &world.name("instance"), &app, &user);
    body["identities"][1]["file_rights"] = json!([{"file_name": "/", "rights": crate::documents::READ}]);
    let made = world.ccfaas.post("/instance", &body).object(&["instance", "policy"]);
    let policy: Value = serde_json::from_str(text(&made, "policy")).unwrap();
    let mut entries: Vec<_> = policy["identities"][2]["file_rights"].as_array().unwrap().clone();
    entries.sort_by_key(|entry| text(entry, "file_name").to_owned());
    let right = |name: &str| json!({"file_name": name, "rights": 534_084});
    assert_eq!(entries, [right(PROGRAM), right(NAMES)]);
    world.http.wait(async {
        let mut session = user.connect(text(&made, "policy")).await;
        assert_eq!(read(&mut session, PROGRAM).await, Ok(PROGRAM_CONTENT.to_vec()));
        assert_eq!(read(&mut session, NAMES).await, Ok(NAMES_CONTENT.to_vec()));
    });
}

/// 255 bytes of base64 in a file's name were the limit, and what lay beyond was a 500 here and a 400 there.
fn c16_a_name_has_one_limit_and_it_is_told(world: &World) {
    let longest = |name: String| format!("{name:-<189}");
    let (name, id) = (longest(world.name("function")), longest(world.name("instance")));
    register(&world.ccfaas, &name);
    let instance = Instance::create(&world.ccfaas, &name, &id);
    assert_eq!(world.ccfaas.get(&instance.path()).status, 200);
    assert_eq!(world.ccfaas.delete(&instance.path()).status, 200);
    assert_eq!(world.ccfaas.delete(&format!("/function/{name}")).status, 200);

    let too_long = format!("{name}-");
    let body = function(&too_long);
    world.ccfaas.post("/function", &body).refused_at("policy-invalid", &[("/function", "bad-name")]);
    let body = user_policy(&name, &too_long, &instance.app, &instance.user);
    world.ccfaas.post("/instance", &body).refused_at("policy-invalid", &[("/instanceid", "bad-name")]);
    world.ccfaas.get(&format!("/function/{too_long}")).refused(404, "function-not-found");
    world.ccfaas.get(&format!("/instance/{too_long}")).refused(404, "instance-not-found");
    let segment = base64(format!("/{}", "n".repeat(3000)));
    world.ccfaas.get(&format!("/function/{}/program/{segment}", world.function())).refused(404, "file-not-declared");
    for name in ["", ".", "..", "a/b", "a\u{0}b", "a\nb"] {
        world.ccfaas.post("/function", &function(name)).refused_at("policy-invalid", &[("/function", "bad-name")]);
    }
}

/// An identity with a newline behind its certificate passed CCFaaS and VaaS, and killed the runtime.
fn c17_a_users_certificate_is_checked_and_its_last_newline_does_no_harm(world: &World) {
    let function = world.function();
    let (app, user) = (Person::new("app"), Person::new("user"));
    let mut body = user_policy(&function, &world.name("instance"), &app, &user);
    body["identities"][1]["certificate"] = format!("{}\n", user.certificate).into();
    let made = world.ccfaas.post("/instance", &body).object(&["instance", "policy"]);
    let policy: Value = serde_json::from_str(text(&made, "policy")).unwrap();
    assert_eq!(policy["identities"][1]["certificate"], user.certificate, "as Veracruz wants it");
    world.http.wait(async { user.connect(text(&made, "policy")).await.close().await.unwrap() });

    let name = world.name("instance");
    let (begin, end) = ("-----BEGIN CERTIFICATE-----\n", "\n-----END CERTIFICATE-----");
    // The place-holder of the published example, a key by mistake, two in one, cut.
    let place_holder = format!("{begin}{}{end}", "X".repeat(9));
    let two = format!("{}\n{}", user.certificate, app.certificate);
    for wrong in [place_holder.as_str(), "", &user.key, &two, &user.certificate[..100]] {
        let mut body = user_policy(&function, &name, &app, &user);
        body["identities"][1]["certificate"] = wrong.into();
        let answer = world.ccfaas.post("/instance", &body);
        answer.refused_at("policy-invalid", &[("/identities/1/certificate", "bad-certificate")]);
        assert!(!answer.text.contains(&user.key[40..80]), "a key is repeated");
    }
    let mut body = user_policy(&function, &name, &app, &user);
    body["identities"][1]["certificate"] = app.certificate.clone().into();
    let places = [("/identities/1/certificate", "duplicate-certificate")];
    world.ccfaas.post("/instance", &body).refused_at("policy-invalid", &places);
    world.ccfaas.get(&format!("/instance/{name}")).refused(404, "instance-not-found");
}

fn c23_functions_and_instances_are_bounded(world: &World) {
    let limits = ["--max-functions", "2", "--max-instances", "1"];
    let functions = Functions::start(world, world.vaas.address(), &limits);
    register(&functions.door, "first");
    register(&functions.door, "second");
    functions.door.post("/function", &function("third")).refused(507, "too-many-functions");
    assert_eq!(functions.door.delete("/function/second").status, 200);
    assert_eq!(functions.door.post("/function", &function("third")).status, 200);

    let instance = Instance::create(&functions.door, "first", "instance");
    let other = user_policy("first", "other", &Person::new("app"), &Person::new("user"));
    functions.door.post("/instance", &other).refused(507, "too-many-instances");
    assert_eq!(functions.door.delete(&instance.path()).status, 200);
    assert_eq!(functions.door.post("/instance", &other).status, 200);
    assert_eq!(functions.door.delete("/instance/other").status, 200);
}

/// Nobody could see a priority. That it is followed shows in which file is missed first when all contents have gone.
fn c25_priorities_are_shown_and_decide_what_is_loaded_first(world: &World) {
    let functions = Functions::start(world, world.vaas.address(), &[]);
    register(&functions.door, "function");
    let shown: Value = serde_json::from_str(&functions.door.get("/function/function").text).unwrap();
    assert_eq!(shown["data_files"][1]["priority"], 3);
    assert_eq!(shown["data_files"][0].get("priority"), None, "as it was registered");

    functions.contents().into_iter().for_each(|path| fs::remove_file(path).unwrap());
    let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
    for (expected, kind) in [(PROGRAM, "program"), (WEIGHTS, "data_file"), (NAMES, "data_file")] {
        functions.door.post("/instance", &body).refused_saying(502, "provisioning-failed", expected);
        assert_eq!(functions.door.delete(&format!("/function/function/{kind}/{}", base64(expected))).status, 200);
    }
}
