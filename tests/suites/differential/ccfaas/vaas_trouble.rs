//! What went wrong between CCFaaS and VaaS: C19, C20.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::cases::{Case, cases};
use crate::daemons::Functions;
use crate::documents::{Person, user_policy};
use crate::relay::{Fate, Relay};
use crate::world::{Instance, World, listed, register};

pub(super) const CASES: &[Case] =
    cases![c19_an_instance_that_vaas_did_not_delete_is_not_deleted, c20_a_silent_vaas_is_not_waited_for];

fn c19_an_instance_that_vaas_did_not_delete_is_not_deleted(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", world.vaas.address());
    let functions = Functions::start(world, relay.address(), &[]);
    register(&functions.door, "function");
    let instance = Instance::create(&functions.door, "function", "instance");
    relay.set(Fate::Refuse);
    for _ in 0..2 {
        functions.door.delete(&instance.path()).refused(502, "vaas-unreachable");
    }
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([instance.name]));
    assert_eq!(listed(&world.vaas, &functions.id).len(), 1);
    let shown = functions.door.get(&instance.path()).object(&["instance", "policy", "status"]);
    assert_eq!(shown["status"], "deleting");

    relay.set(Fate::Pass);
    functions.door.delete(&instance.path()).says("instance instance deleted");
    assert_eq!(listed(&world.vaas, &functions.id), [], "a pod has leaked");
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([]));
}

fn c20_a_silent_vaas_is_not_waited_for(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", world.vaas.address());
    let functions = Functions::start(world, relay.address(), &["--create-timeout", "3"]);
    register(&functions.door, "function");
    relay.set(Fate::Silence);
    let body = user_policy("function", "instance", &Person::new("app"), &Person::new("user"));
    let begun = Instant::now();
    functions.door.post("/instance", &body).refused_saying(504, "vaas-unreachable", "within 3 s");
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    // Other requests do not wait for it either, and the name is free.
    assert_eq!(functions.door.get("/instance").object(&["instances"])["instances"], json!([]));
    relay.set(Fate::Pass);
    assert_eq!(functions.door.post("/instance", &body).status, 200);
    assert_eq!(functions.door.delete("/instance/instance").status, 200);
}
