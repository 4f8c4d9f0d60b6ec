//! What goes wrong before there is a connection, and help.

use std::net::TcpListener;

use crate::shell::Folder;

/// An address at which nobody listens: it was free a moment ago.
fn nobody() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn wrong_use_ends_with_2() {
    let folder = Folder::new(&nobody());
    for (line, word) in [
        ("", "Usage"),
        ("policy.json", "--identity"),
        ("policy.json -i alice.pem", "--key"),
        ("policy.json -i alice.pem -k alice.key --data a=", "a path must follow"),
        ("policy.json -i alice.pem -k alice.key --data =b", "a name is missing"),
        ("policy.json -i alice.pem -k alice.key --timeout 0", "seconds"),
        ("policy.json -i alice.pem -k alice.key --address nowhere", "port"),
        ("policy.json -i alice.pem -k alice.key --whatever", "--whatever"),
    ] {
        let ended = folder.run(line);
        assert_eq!(ended.status, 2, "{line}: {ended:?}");
        assert!(ended.err.contains(word), "{line}: {ended:?}");
        assert_eq!(ended.out, "", "{line}");
    }
    let ended = folder.run("policy.json -i alice.pem -k alice.key --json --output a=-");
    assert!(ended.status == 2 && ended.err.contains("standard output"), "{ended:?}");
}

#[test]
fn help_teaches_by_example() {
    let folder = Folder::new(&nobody());
    let help = folder.run("--help");
    assert_eq!(help.status, 0);
    for word in
        ["Examples:", "--program /program/sum.wasm=sum.wasm", "Exit status:", "VERACRUZ_ALLOW_SIMULATED", "FIFO"]
    {
        assert!(help.out.contains(word), "{word}: {}", help.out);
    }
    assert!(folder.run("-h").out.len() < help.out.len(), "the short help is shorter");
    assert!(folder.run("--version").out.starts_with("veracruz-client "));
}

#[test]
fn what_is_wrong_with_the_files_is_said_in_the_words_that_scripts_know() {
    let folder = Folder::new(&nobody());
    folder.write("broken.json", "{}");
    folder.write("two.pem", folder.text("alice.pem") + &folder.text("bob.pem"));
    let tls12 = folder.text("policy.json").replace("TLS1_3_AES_128_GCM_SHA256", "TLS1_3_AES_128_CCM_SHA256");
    folder.write("ccm.json", tls12);
    folder.write("trust.toml", "allow_simulatd = true");
    for (line, words) in [
        ("nothing.json -i alice.pem -k alice.key", "nothing.json"),
        ("broken.json -i alice.pem -k alice.key", "VeracruzClient: Unexpected policy error"),
        ("policy.json -i nothing.pem -k alice.key", "nothing.pem"),
        ("policy.json -i alice.pem -k bob.key", "VeracruzClient: Unexpected key error"),
        ("policy.json -i alice.pem -k alice.pem", "VeracruzClient: Unexpected key error"),
        ("policy.json -i two.pem -k alice.key", "VeracruzClient: Unexpected certificate error"),
        ("policy.json -i alice.key -k alice.key", "VeracruzClient: Unexpected certificate error"),
        ("policy.json -i eve.pem -k eve.key --allow-simulated", "VeracruzClient: Unexpected certificate error"),
        ("policy.json -i alice.pem -k alice.key", "simulated-policy"),
        ("ccm.json -i alice.pem -k alice.key --allow-simulated", "VeracruzClient: Unexpected ciphersuite error"),
        ("policy.json -i alice.pem -k alice.key --trust trust.toml", "allow_simulatd"),
        ("policy.json -i alice.pem -k alice.key --allow-simulated", "cannot connect to 127.0.0.1:"),
    ] {
        let ended = folder.run(line);
        assert_eq!(ended.status, 1, "{line}: {ended:?}");
        assert!(ended.err.contains("Error: ") && ended.err.contains(words), "{line}: {ended:?}");
        assert_eq!(ended.out, "", "{line}");
        assert!(!ended.err.contains(folder.text("alice.key").lines().nth(1).unwrap()), "{line}: a key was shown");
    }
}

#[test]
fn a_failure_is_said_in_json_too() {
    let folder = Folder::new(&nobody());
    let ended = folder.run("policy.json -i alice.pem -k alice.key --json -q");
    let answer: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((ended.status, &answer["done"]), (1, &serde_json::json!(false)));
    assert_eq!(answer["error"]["code"], "simulated-policy");
    assert_eq!(ended.lines().len(), 1, "quiet, but not silent about failures: {ended:?}");
}

#[test]
fn the_policy_is_told_before_the_connection_is_tried() {
    let address = nobody();
    let folder = Folder::new(&address);
    let ended = folder.alice("");
    let hash = folder.policy().hash();
    let expected = [format!("Loaded policy policy.json {hash}"), format!("Connecting to {address}")];
    assert_eq!(ended.lines()[..2], expected);
}
