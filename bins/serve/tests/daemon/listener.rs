use veracruz_serve::Exposure;

#[test]
fn loopback_needs_no_leave_and_any_other_address_does() {
    for (address, loopback) in [
        ("127.0.0.1:0", true),
        ("127.9.9.9:3010", true),
        ("[::1]:0", true),
        ("[::ffff:127.0.0.1]:0", true),
        ("localhost:0", true),
        ("0.0.0.0:3010", false),
        ("[::]:3010", false),
        ("192.0.2.7:3010", false),
        ("[::ffff:192.0.2.7]:0", false),
    ] {
        let plain = Exposure::plain(address, false);
        assert_eq!(plain.is_ok(), loopback, "{address}: {plain:?}");
        let insecure = Exposure::plain(address, true).expect("the operator said so");
        assert_eq!(insecure.is_open(), !loopback, "{address}");
    }
}

#[test]
fn a_refusal_says_which_flag_lifts_it() {
    let refusal = Exposure::plain("0.0.0.0:3010", false).unwrap_err().to_string();
    assert!(refusal.contains("--insecure-no-auth") && refusal.contains("0.0.0.0:3010"), "{refusal}");
}

#[test]
fn an_address_without_a_port_is_refused_with_an_example() {
    for text in ["localhost", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:65536", ""] {
        let refusal = Exposure::plain(text, true).unwrap_err().to_string();
        assert!(refusal.contains("HOST:PORT"), "{text}: {refusal}");
    }
}

#[tokio::test]
async fn a_taken_port_is_a_clear_error() {
    let first = Exposure::plain("127.0.0.1:0", false).unwrap().bind().await.unwrap();
    let address = first.local_addr().unwrap().to_string();
    let error = Exposure::plain(&address, false).unwrap().bind().await.unwrap_err().to_string();
    assert!(error.contains(&address) && error.contains("another process"), "{error}");
}
