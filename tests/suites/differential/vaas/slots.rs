//! What went wrong with ports and what lies on them: V1, V2, V3, V8, V10, V13.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

use rustix::process::{Signal, kill_process};

use crate::cases::{Case, cases};
use crate::daemons::Host;
use crate::documents::{Person, put, read};
use crate::http::{Answer, Door};
use crate::world::{Runtime, World, listed, port, text};

pub(super) const CASES: &[Case] = cases![
    v01_what_a_crash_left_on_a_port_is_in_nobodys_way,
    v02_when_all_ports_are_taken_the_answer_is_507,
    v03_no_port_is_given_twice,
    v08_deleting_leaves_nothing,
    v10_a_start_that_fails_harms_no_other_instance,
    v13_the_state_is_in_one_folder_and_a_restart_finds_it,
];

/// Sends a request for an instance, and nobody reads the answer until `condition` holds.
fn abandon(vaas: &Door, condition: impl Fn() -> bool) {
    let body = Person::new("participant").vaas_policy(Some("abandoned")).to_string();
    let mut stream = TcpStream::connect(vaas.address()).unwrap();
    let head = "POST /veracruz HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    while !condition() {
        thread::yield_now();
    }
}

/// The service is killed while an instance starts: a folder and a process are left that nobody was told of. (A ConfigMap in
/// the old service, which was not seen and made every later creation on the port fail.)
fn v01_what_a_crash_left_on_a_port_is_in_nobodys_way(world: &World) {
    let mut host = Host::start(world, (30_600, 1), &[]);
    abandon(&host.door, || !host.processes().is_empty());
    host.kill();
    assert_eq!(host.instances().len(), 1);
    host.start_again();
    assert_eq!(listed(&host.door, "abandoned"), []);
    let runtime = Runtime::create(&host.door, Some("next"));
    assert_eq!(runtime.port(), host.first);
    assert_eq!((host.instances().len(), host.processes().len()), (1, 1));
    assert_eq!(host.door.delete(&runtime.path()).status, 200);
}

fn v02_when_all_ports_are_taken_the_answer_is_507(world: &World) {
    let host = Host::start(world, (30_700, 1), &[]);
    let runtime = Runtime::create(&host.door, Some("first"));
    let body = Person::new("participant").vaas_policy(Some("second"));
    let answer = host.door.post("/veracruz", &body);
    answer.refused_saying(507, "no-free-slot", "no internal resources available");
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(listed(&host.door, "first").len(), 1, "the one that is there is untouched");
    assert_eq!(host.door.delete(&runtime.path()).status, 200);
    assert_eq!(host.door.post("/veracruz", &body).status, 200);
}

fn at_once(many: usize, send: impl Fn() -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let senders: Vec<_> = (0..many).map(|_| scope.spawn(&send)).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    })
}

fn v03_no_port_is_given_twice(world: &World) {
    let person = Person::new("participant");
    let body = person.vaas_policy(Some(&world.name("id")));
    let made: Vec<_> = at_once(8, || world.vaas.post("/veracruz", &body))
        .iter()
        .map(|answer| answer.object(&["instance_id", "instance_hash", "policy"]))
        .collect();
    let ports: BTreeSet<_> = made.iter().map(|made| port(text(made, "policy"))).collect();
    assert_eq!(ports.len(), made.len());
    for (number, made) in made.iter().enumerate() {
        world.http.wait(async {
            let mut session = person.connect(text(made, "policy")).await;
            put(&mut session, "/number", number.to_string().as_bytes()).await.unwrap();
        });
    }
    for (number, made) in made.iter().enumerate() {
        let found = world.http.wait(async {
            let mut session = person.connect(text(made, "policy")).await;
            read(&mut session, "/number").await
        });
        assert_eq!(found, Ok(number.to_string().into_bytes()), "two instances are one");
    }

    // Of three that want the last port, one gets it.
    let host = Host::start(world, (30_800, 1), &[]);
    let (won, lost): (Vec<_>, Vec<_>) =
        at_once(3, || host.door.post("/veracruz", &body)).into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    lost.iter().for_each(|answer| drop(answer.refused(507, "no-free-slot")));
}

/// ConfigMap and EndpointSlice stayed until a script swept them. Here it is a process, a folder and a port.
fn v08_deleting_leaves_nothing(world: &World) {
    let host = Host::start(world, (30_900, 1), &[]);
    let runtime = Runtime::create(&host.door, Some("id"));
    assert_eq!((host.instances().len(), host.processes().len()), (1, 1));
    assert_eq!(host.door.delete(&runtime.path()).status, 200);
    assert_eq!((host.instances(), host.processes()), (Vec::<PathBuf>::new(), Vec::new()));
    TcpListener::bind(("127.0.0.1", host.first)).unwrap();
}

/// A pod that could not be made took another instance's ConfigMap with it.
fn v10_a_start_that_fails_harms_no_other_instance(world: &World) {
    let host = Host::start(world, (31_000, 2), &[]);
    let runtime = Runtime::create(&host.door, Some("id"));
    let before = host.processes();
    let body = Person::new("participant").vaas_policy(Some("id"));
    let answer = thread::scope(|scope| {
        let posting = scope.spawn(|| host.door.post("/veracruz", &body));
        let killed = loop {
            if let Some(pid) = host.processes().into_iter().find(|pid| !before.contains(pid)) {
                break pid;
            }
            thread::yield_now();
        };
        kill_process(killed, Signal::KILL).unwrap();
        posting.join().unwrap()
    });
    answer.refused(502, "instance-start-failed");
    assert_eq!(host.processes(), before);
    assert_eq!(host.instances().len(), 1);
    assert_eq!(listed(&host.door, "id"), [(format!("veracruz-nitro-server:{}", runtime.port()), "OK".to_owned())]);
    world.http.wait(async { runtime.person.connect(&runtime.policy).await.close().await.unwrap() });
}

/// All state was in Kubernetes, and policies lay about in the working folder.
fn v13_the_state_is_in_one_folder_and_a_restart_finds_it(world: &World) {
    let mut host = Host::start(world, (31_100, 2), &[]);
    let (kept, gone) = (Runtime::create(&host.door, Some("kept")), Runtime::create(&host.door, Some("gone")));
    assert_eq!(host.door.delete(&gone.path()).status, 200);
    host.start_again();
    assert_eq!(listed(&host.door, "kept").len(), 1);
    assert_eq!(listed(&host.door, "gone"), []);
    world.http.wait(async { kept.person.connect(&kept.policy).await.close().await.unwrap() });
    // Who deletes again what was deleted before the restart is understood.
    assert_eq!(host.door.delete(&gone.path()).status, 200);
    assert_eq!(host.door.delete(&kept.path()).status, 200);

    let entries = fs::read_dir(host.folder.path()).unwrap();
    let names: BTreeSet<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let wanted = ["ca.pem", "vaas-server-state", "vaas-server.log"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(wanted));
    assert_eq!((host.instances(), host.processes()), (Vec::<PathBuf>::new(), Vec::new()));
}
