//! Instances: from a user policy to an instance that is loaded and written down.

use futures_util::future::join_all;
use serde_json::{Value, json};
use veracruz_policy::{FullPolicy, Target};

use super::fixtures::{
    NAMES, NAMES_CONTENT, PROGRAM, PROGRAM_CONTENT, WEIGHTS, WEIGHTS_CONTENT, certificate, function, user, user_with,
};
use super::world::World;

#[tokio::test]
async fn an_instance_is_made_loaded_and_shown() {
    let world = World::loaded().await;
    let own = certificate("user");
    let made = world.post_json("/instance", &user_with("vod", "one", &own)).await.ok().json();
    assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["instance", "policy"]);
    assert_eq!(made["instance"], "one");
    let policy = FullPolicy::parse(made["policy"].as_str().unwrap()).unwrap();
    // The user's identity, then the loader's.
    assert_eq!(policy.identities.len(), 2);
    assert_eq!((&policy.identities[0].certificate, policy.identities[0].id), (&own, 0));
    assert_eq!((&policy.identities[1].certificate, policy.identities[1].id), (&world.settings.loader, 1));
    let hashes: Vec<_> = policy.file_hashes.iter().map(|file| file.file_path.as_str()).collect();
    assert_eq!(hashes, [PROGRAM, NAMES, WEIGHTS]);
    // One session: the program, then the data files by priority, 99 where none is given.
    let provisioned = world.provisioner.done();
    assert_eq!(provisioned.len(), 1);
    assert_eq!(provisioned[0].hash, policy.hash());
    let file = |name: &str, content: &[u8]| (name.to_owned(), content.to_vec());
    assert_eq!(
        provisioned[0].files,
        [file(PROGRAM, PROGRAM_CONTENT), file(WEIGHTS, WEIGHTS_CONTENT), file(NAMES, NAMES_CONTENT)]
    );
    assert_eq!(world.instances().await, json!(["one"]));
    assert_eq!(world.get("/instance/one").await.ok().json(), made);
    let counts = world.service.counts();
    assert_eq!((counts.rows.ready, counts.created, counts.failed.iter().map(|(_, count)| count).sum()), (1, 1, 0));
}

#[tokio::test]
async fn c11_only_what_was_uploaded_is_loaded() {
    let world = World::new().await;
    world.register("vod").await;
    world.upload("vod", "data_file", NAMES, NAMES_CONTENT).await.ok();
    let made = world.post_json("/instance", &user("vod", "one")).await.ok().json();
    let policy = FullPolicy::parse(made["policy"].as_str().unwrap()).unwrap();
    assert_eq!(policy.file_hashes.len(), 3, "all declared files have their hash");
    assert_eq!(world.provisioner.done()[0].files, [(NAMES.to_owned(), NAMES_CONTENT.to_vec())]);
}

#[tokio::test]
async fn without_uploads_there_is_no_loader_in_the_policy() {
    let world = World::new().await;
    world.register("vod").await;
    let made = world.post_json("/instance", &user("vod", "one")).await.ok().json();
    let policy = FullPolicy::parse(made["policy"].as_str().unwrap()).unwrap();
    assert_eq!(policy.identities.len(), 1);
    assert_eq!(world.provisioner.done(), []);
}

#[tokio::test]
async fn c12_the_loader_may_write_what_is_declared_and_read_nothing() {
    let world = World::new().await;
    let mut policy = function("vod");
    policy["file_rights"] = json!([]);
    world.post_json("/function", &policy).await.ok();
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.ok();
    let made = world.post_json("/instance", &user("vod", "one")).await.ok().json();
    let policy = FullPolicy::parse(made["policy"].as_str().unwrap()).unwrap();
    let rights = &policy.identities[1].file_rights;
    for path in [PROGRAM, NAMES, WEIGHTS] {
        let target = Target::Path(path.parse().unwrap());
        let given = rights.deciding(&target).unwrap().rights();
        let (write, read) = (veracruz_policy::Rights::FD_WRITE, veracruz_policy::Rights::FD_READ);
        assert!(given.contains(write) && !given.intersects(read), "{path}");
    }
}

#[tokio::test]
async fn c17_what_cannot_be_a_policy_is_refused_before_anything_is_started() {
    let world = World::loaded().await;
    world.post_json("/instance", &user("none", "one")).await.problem(404, "function-not-found");
    let mut broken = user("vod", "one");
    broken["identities"][0]["certificate"] = json!("-----BEGIN CERTIFICATE-----\nXXX\n-----END CERTIFICATE-----");
    let answer = world.post_json("/instance", &broken).await;
    answer.problem(400, "policy-invalid");
    assert_eq!(answer.pointers(), ["/identities/0/certificate"]);
    // Whoever names the loader's certificate as a user would be the loader.
    let loader = user_with("vod", "one", &world.settings.loader);
    world.post_json("/instance", &loader).await.problem(400, "policy-invalid");
    // Line ends around a certificate are no part of it.
    let mut spaced = user("vod", "one");
    let text = spaced["identities"][0]["certificate"].as_str().unwrap().to_owned();
    spaced["identities"][0]["certificate"] = json!(format!("{text}\n"));
    let made = world.post_json("/instance", &spaced).await.ok().json();
    let policy: Value = serde_json::from_str(made["policy"].as_str().unwrap()).unwrap();
    assert_eq!(policy["identities"][0]["certificate"], text);
    assert_eq!(world.vaas.len(), 1);
}

#[tokio::test]
async fn a_name_is_used_once() {
    let world = World::loaded().await;
    world.post_json("/instance", &user("vod", "one")).await.ok();
    let detail = world.post_json("/instance", &user("vod", "one")).await.problem(400, "instance-exists");
    assert!(detail.starts_with("Could not create instance already exists one"), "{detail}");
    assert_eq!((world.vaas.len(), world.provisioner.done().len()), (1, 1));
}

#[tokio::test]
async fn of_concurrent_creations_of_one_name_exactly_one_wins() {
    let world = World::loaded().await;
    let policies: Vec<_> = (0..16).map(|_| user("vod", "one")).collect();
    let answers = join_all(policies.iter().map(|policy| world.post_json("/instance", policy))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(400, "instance-exists");
    }
    assert_eq!(world.vaas.len(), 1);
}

#[tokio::test]
async fn sixty_four_instances_are_made_at_once() {
    let world = World::loaded().await;
    let policies: Vec<_> = (0..64).map(|number| user("vod", &format!("i{number:02}"))).collect();
    let answers = join_all(policies.iter().map(|policy| world.post_json("/instance", policy))).await;
    let mut addresses: Vec<_> = answers
        .into_iter()
        .map(|answer| FullPolicy::parse(answer.ok().json()["policy"].as_str().unwrap()).unwrap())
        .map(|policy| policy.veracruz_server_url.port())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!((addresses.len(), world.vaas.len(), world.provisioner.done().len()), (64, 64, 64));
}

#[tokio::test]
async fn c23_instances_are_counted() {
    let world = World::with(|settings| settings.limits.instances = 1).await;
    world.load("vod").await;
    world.post_json("/instance", &user("vod", "one")).await.ok();
    world.post_json("/instance", &user("vod", "two")).await.problem(507, "too-many-instances");
    world.delete("/instance/one").await.ok();
    world.post_json("/instance", &user("vod", "two")).await.ok();
}

#[tokio::test]
async fn c14_an_instance_goes_on_when_its_function_is_deleted() {
    let world = World::loaded().await;
    let made = world.post_json("/instance", &user("vod", "one")).await.ok().json();
    world.delete("/function/vod").await.ok();
    assert_eq!(world.get("/instance/one").await.ok().json(), made);
    world.post_json("/instance", &user("vod", "two")).await.problem(404, "function-not-found");
    world.delete("/instance/one").await.ok();
}

#[tokio::test]
async fn a_function_that_is_deleted_while_an_instance_of_it_is_made_leaves_no_instance() {
    for anew in [false, true] {
        let world = World::loaded().await;
        world.vaas.waits();
        let policy = user("vod", "one");
        let making = world.post_json("/instance", &policy);
        let deleting = async {
            world.vaas.waiting.notified().await;
            world.delete("/function/vod").await.ok();
            if anew {
                world.load("vod").await;
            }
            world.vaas.go_on.notify_one();
        };
        let (answer, ()) = tokio::join!(making, deleting);
        let detail = answer.problem(404, "function-not-found");
        assert!(detail.starts_with("function vod was deleted while the instance was made"), "{detail}");
        assert_eq!((world.vaas.len(), world.instances().await), (0, json!([])));
        assert_eq!(world.provisioner.done(), []);
    }
}

#[tokio::test]
async fn policies_that_are_too_large_together_are_refused_before_anything_is_started() {
    let world = World::new().await;
    let mut policy = function("vod");
    let names = |count: u32| -> Vec<_> {
        (0..count).map(|number| json!({"file_name": format!("/data/{number:0200}/"), "rights": 534_084})).collect()
    };
    policy["file_rights"] = json!(names(2_000));
    world.post_json("/function", &policy).await.ok();
    world.upload("vod", "program", PROGRAM, PROGRAM_CONTENT).await.ok();
    let mut asked = user("vod", "one");
    asked["identities"][0]["file_rights"] = json!(names(2_000));
    let detail = world.post_json("/instance", &asked).await.problem(413, "policy-too-large");
    assert!(detail.contains("1048576 is the most that VaaS takes"), "{detail}");
    assert_eq!((world.vaas.len(), world.service.counts().rows.reserved), (0, 0));
    // Each alone is fine.
    world.post_json("/instance", &user("vod", "one")).await.ok();
}

#[tokio::test]
async fn an_instance_that_is_being_made_is_not_visible() {
    let world = World::loaded().await;
    world.vaas.waits();
    let policy = user("vod", "one");
    let making = world.post_json("/instance", &policy);
    let looking = async {
        world.vaas.waiting.notified().await;
        assert_eq!(world.instances().await, json!([]));
        world.get("/instance/one").await.problem(404, "instance-not-found");
        world.delete("/instance/one").await.problem(404, "instance-not-found");
        world.post_json("/instance", &user("vod", "one")).await.problem(400, "instance-exists");
        assert_eq!(world.service.look_after().await.map_err(|error| error.to_string()), Ok(()));
        world.vaas.go_on.notify_one();
    };
    let (answer, ()) = tokio::join!(making, looking);
    answer.ok();
    assert_eq!(world.instances().await, json!(["one"]));
}
