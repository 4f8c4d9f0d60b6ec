//! `kill -9` at any moment.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::timeout;
use veracruz_client::rest::CcfaasClient;

use crate::daemon::Daemon;
use crate::home::{DATA, Home, User, client, function, running};

/// Where a random number comes from (xorshift): the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What was acknowledged, and what may or may not have been done when the daemon died.
#[derive(Default)]
struct Known {
    functions: BTreeSet<String>,
    loaded: BTreeSet<String>,
    in_doubt: BTreeSet<String>,
}

impl Known {
    /// One round of a function's life; `Err` when the time was over in the middle.
    async fn round(&mut self, operator: &CcfaasClient, name: &str) {
        self.in_doubt.insert(name.to_owned());
        operator.create_function(function(name, b"table").to_string()).await.unwrap();
        self.functions.insert(name.to_owned());
        operator.upload_data_file(name, DATA, 5, &b"table"[..]).await.unwrap();
        self.loaded.insert(name.to_owned());
        if name.ends_with('7') {
            self.functions.remove(name);
            self.loaded.remove(name);
            operator.delete_function(name).await.unwrap();
        }
        self.in_doubt.remove(name);
    }

    async fn check(&mut self, home: &Home, operator: &CcfaasClient) {
        let functions: BTreeSet<_> = operator.functions(None, None).await.unwrap().functions.into_iter().collect();
        assert!(self.functions.is_subset(&functions), "{:?} are lost", self.functions.difference(&functions));
        let more: BTreeSet<_> = functions.difference(&self.functions).cloned().collect();
        assert!(more.is_subset(&self.in_doubt), "{more:?} came back");
        let mut contents = 0;
        for name in &functions {
            let loaded = operator.data_file_is_loaded(name, DATA).await.unwrap();
            assert!(loaded || !self.loaded.contains(name), "the file of {name} is lost");
            contents += usize::from(loaded);
            if !loaded {
                // Whatever was left of it is not in the way.
                operator.upload_data_file(name, DATA, 5, &b"table"[..]).await.unwrap();
                contents += 1;
            }
        }
        assert_eq!(home.contents(), contents, "contents leak");
        self.functions = functions.clone();
        self.loaded = functions;
        self.in_doubt.clear();
    }
}

#[tokio::test]
async fn killed_again_and_again_it_loses_nothing_and_leaks_nothing() {
    let (home, mut dice, mut known) = (Home::new(22_300, 1), Dice(88_172_645_463_325_252), Known::default());
    let mut rounds = 0..;
    for _ in 0..25 {
        let daemon = home.ccfaas("http://127.0.0.1:9").await;
        let operator = client(&daemon);
        known.check(&home, &operator).await;
        let life = Duration::from_micros(dice.below(40_000));
        let working = async {
            for round in rounds.by_ref() {
                known.round(&operator, &format!("f{round}")).await;
            }
        };
        assert!(timeout(life, working).await.is_err());
        daemon.kill().await;
    }
    let daemon = home.ccfaas("http://127.0.0.1:9").await;
    known.check(&home, &client(&daemon)).await;
    assert!(known.functions.len() > 10, "{} functions are no test", known.functions.len());
}

async fn with_function(home: &Home, vaas: &Daemon) -> Daemon {
    let ccfaas = home.ccfaas(&vaas.url()).await;
    let operator = client(&ccfaas);
    operator.create_function(function("hello", b"table").to_string()).await.unwrap();
    operator.upload_data_file("hello", DATA, 5, &b"table"[..]).await.unwrap();
    ccfaas
}

#[tokio::test]
async fn killed_while_it_makes_an_instance_it_takes_it_back() {
    let (home, user) = (Home::new(22_400, 2), User::new());
    let vaas = home.vaas("127.0.0.1:0").await;
    let mut ccfaas = with_function(&home, &vaas).await;
    let kept = client(&ccfaas).create_instance(user.policy("hello", "kept")).await.unwrap();
    let mut dice = Dice(1_234_567_890_123);
    for round in 0..10 {
        let operator = client(&ccfaas);
        let name = format!("round-{round}");
        // Some moment between its start and its end.
        let making = operator.create_instance(user.policy("hello", &name));
        let started = async {
            while running(&vaas).await < 2 {
                tokio::task::yield_now().await;
            }
            let _over = timeout(Duration::from_millis(dice.below(200)), std::future::pending::<()>()).await;
        };
        let made = tokio::select! {
            made = making => Some(made.unwrap()),
            () = started => None,
        };
        ccfaas.kill().await;
        ccfaas = home.ccfaas(&vaas.url()).await;
        ccfaas.ready().await;
        let operator = client(&ccfaas);
        let listed = operator.instances().await.unwrap().instances;
        assert!(listed.contains(&"kept".to_owned()) && listed.len() <= 2, "{listed:?}");
        if made.is_some() {
            assert!(listed.contains(&name), "{name} was acknowledged");
        }
        while running(&vaas).await > listed.len() {
            tokio::task::yield_now().await;
        }
        if listed.contains(&name) {
            user.connect(&operator.instance(&name).await.unwrap().policy).await.close().await.unwrap();
            operator.delete_instance(&name).await.unwrap();
        }
        assert_eq!(running(&vaas).await, 1);
    }
    assert_eq!(client(&ccfaas).instance("kept").await.unwrap(), kept);
    user.connect(&kept.policy).await.close().await.unwrap();
}

#[tokio::test]
async fn without_vaas_it_starts_and_is_ready_when_vaas_comes() {
    let (home, user) = (Home::new(22_500, 2), User::new());
    let vaas = home.vaas("127.0.0.1:0").await;
    let (ccfaas, address) = (with_function(&home, &vaas).await, vaas.address.to_string());
    client(&ccfaas).create_instance(user.policy("hello", "one")).await.unwrap();
    vaas.kill().await;
    ccfaas.kill().await;
    let mut ccfaas = home.ccfaas(&format!("http://{address}")).await;
    ccfaas.logged("the instances cannot be looked after").await;
    let (status, text) = ccfaas.get("/readyz");
    assert_eq!(status, 503);
    assert!(text.contains("VaaS cannot be reached"), "{text}");
    // What needs no VaaS works, and the rest says what is missing.
    let operator = client(&ccfaas);
    assert_eq!(operator.instances().await.unwrap().instances, ["one"]);
    let refused = operator.create_instance(user.policy("hello", "two")).await.unwrap_err();
    assert_eq!((refused.code(), refused.problem().unwrap().status), ("vaas-unreachable", 502));
    let refused = operator.delete_instance("one").await.unwrap_err();
    assert_eq!(refused.code(), "vaas-unreachable");
    let vaas = home.vaas(&address).await;
    ccfaas.ready().await;
    // The deletion was begun, and nobody waits for it after so long a time.
    while running(&vaas).await > 0 {
        tokio::task::yield_now().await;
    }
    operator.create_instance(user.policy("hello", "two")).await.unwrap();
}

#[tokio::test]
async fn readiness_tells_when_vaas_goes_and_comes() {
    let home = Home::new(22_550, 1);
    let vaas = home.vaas("127.0.0.1:0").await;
    let address = vaas.address.to_string();
    let mut ccfaas = home.ccfaas(&vaas.url()).await;
    ccfaas.ready().await;
    vaas.kill().await;
    ccfaas.logged("not ready: VaaS cannot be reached").await;
    let (status, text) = ccfaas.get("/readyz");
    assert!(status == 503 && text.contains("VaaS cannot be reached"), "{text}");
    let _vaas = home.vaas(&address).await;
    ccfaas.ready().await;
}

#[tokio::test]
async fn a_new_folder_ends_nobodys_instances_unless_it_is_told_to() {
    let (home, user) = (Home::new(22_580, 2), User::new());
    let vaas = home.vaas("127.0.0.1:0").await;
    let ccfaas = with_function(&home, &vaas).await;
    let made = client(&ccfaas).create_instance(user.policy("hello", "one")).await.unwrap();
    ccfaas.kill().await;
    let url = vaas.url();
    let other = ["--listen", "127.0.0.1:0", "--vaas", &url, "--allow-simulated", "--watch-interval", "1"];
    let other = [&other[..], &["--state", "other"]].concat();
    let mut stranger = Daemon::start(home.ccfaas_command(&other)).await;
    stranger.logged("starting it with --take-over").await;
    let (status, text) = stranger.get("/readyz");
    assert!(status == 503 && text.contains("--take-over"), "{text}");
    let operator = client(&stranger);
    operator.create_function(function("hello", b"table").to_string()).await.unwrap();
    let refused = operator.create_instance(user.policy("hello", "two")).await.unwrap_err();
    assert_eq!((refused.code(), refused.problem().unwrap().status), ("not-ready", 503));
    stranger.kill().await;
    // The folder that knows it has it as before.
    let ccfaas = home.ccfaas(&url).await;
    ccfaas.ready().await;
    assert_eq!(client(&ccfaas).instance("one").await.unwrap(), made);
    ccfaas.kill().await;
    // And the operator can decide otherwise, once.
    let stranger = Daemon::start(home.ccfaas_command(&[&other[..], &["--take-over"]].concat())).await;
    stranger.ready().await;
    assert_eq!((running(&vaas).await, stranger.metric("ccfaas_left_over")), (0, 0));
    stranger.kill().await;
    let stranger = Daemon::start(home.ccfaas_command(&other)).await;
    stranger.ready().await;
    client(&stranger).create_instance(user.policy("hello", "two")).await.unwrap();
}
