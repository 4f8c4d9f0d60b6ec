//! Services that are killed in their very first start, and instances that all start first.

use std::process::Command;
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use tempfile::TempDir;
use veracruz_policy::{Platform, Sha256Digest};
use veracruz_tests::policy::of_one_participant;
use veracruz_tests::services::{Daemon, binary};

use crate::audit::files;
use crate::hands::Hands;
use crate::leaks::nothing_is_left;
use crate::world::{PARTS, World};

/// Attempts of each service.
const ATTEMPTS: usize = 6;

/// First starts take less.
const LONGEST: Duration = Duration::from_millis(150);

const INSTANCES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_killed_in_its_first_start_comes_up_at_the_next_and_leaves_nothing_half_made() {
    let mut random = Rng::with_seed(3);
    let mut world = World::prepare(29_800, 1);
    // What was seen of it once: a key, and not the certificate yet.
    for folder in ["attestation/authority", "ccfaas/loader"] {
        let half_made = world.path(&format!("{folder}.new.d74020ccf2db453a8d0d8c80d5b430c8"));
        std::fs::create_dir_all(&half_made).unwrap();
        std::fs::write(half_made.join("key.pem"), "half").unwrap();
    }
    for part in PARTS {
        for _ in 0..ATTEMPTS {
            world.begin_in_vain(part, LONGEST.mul_f64(random.f64())).await;
        }
        world.begin(part);
    }
    world.settled().await;
    nothing_is_left(&world, &Hands::new(&world)).await;
}

#[test]
fn instances_that_are_the_first_to_need_a_root_all_at_once_share_one() {
    let folder = TempDir::new().unwrap();
    let accepted = Sha256Digest::of(&std::fs::read(binary("veracruz-server")).unwrap());
    let policy = of_one_participant().runtime(Platform::Simulated, accepted).build().unwrap();
    std::fs::write(folder.path().join("policy.json"), policy.text()).unwrap();
    let start = |number: usize| {
        let mut command = Command::new(binary("veracruz-server"));
        command.args(["policy.json", "--self-attested", "--simulated-root", "root", "--listen", "127.0.0.1:0"]);
        command.current_dir(&folder).env_clear();
        Daemon::of(command, folder.path().join(format!("{number}.log")))
    };
    let instances: Vec<_> = thread::scope(|scope| {
        let starting: Vec<_> = (0..INSTANCES).map(|number| scope.spawn(move || start(number))).collect();
        starting.into_iter().map(|starting| starting.join().unwrap()).collect()
    });
    let roots = instances.iter().map(|instance| {
        let log = instance.log();
        log.split("SHA-256 ").nth(1).expect("it tells its root").trim().to_owned()
    });
    let mut roots: Vec<_> = roots.collect();
    roots.dedup();
    assert_eq!(roots.len(), 1, "they have different roots");
    let mut left: Vec<_> = files(folder.path()).into_keys().filter(|name| !name.ends_with(".log")).collect();
    left.sort();
    assert_eq!(left, ["policy.json", "root", "root.pem"]);
}
