//! Names, endpoints, dates, digests, ciphersuites, platforms.

use veracruz_policy::{
    Ciphersuite, CiphersuiteName, Endpoint, ExecutionStrategy, MAX_NAME_BYTES, Name, Platform, Sha256Digest, Timepoint,
};

#[test]
fn endpoints_are_host_and_port() {
    for (text, host, port) in [
        ("localhost:3014", "localhost", 3014),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]:65535", "::1", 65535),
        ("veracruz-nitro-proxy:3010", "veracruz-nitro-proxy", 3010),
    ] {
        let endpoint = Endpoint::parse(text).unwrap();
        assert_eq!((endpoint.host(), endpoint.port()), (Some(host), Some(port)), "{text}");
        assert_eq!(endpoint.to_string(), text);
    }
    for text in
        ["", ":", "a", "a:", ":1", "a:0", "a:65536", "a:+1", "a b:1", "::1:1", "http://a:1", "[a]:1", "[::1:1", "a/b:1"]
    {
        assert!(Endpoint::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn the_place_holder_of_the_published_example_is_read_as_one() {
    let endpoint = Endpoint::parse("<Veracruz instance IP>:<Veracruz instance Port>").unwrap();
    assert_eq!((endpoint.host(), endpoint.port()), (None, None));
    assert!(Endpoint::parse("<host>:3014").is_err());
}

#[test]
fn names_fit_urls_and_file_systems() {
    for text in ["vod", "vod_small", "ü", "a b", "..."] {
        assert_eq!(Name::parse(text).unwrap().as_str(), text);
    }
    for text in ["", ".", "..", "a/b", "a\nb", "a\0", "\u{85}"] {
        assert!(Name::parse(text).is_err(), "{text:?}");
    }
    assert!(Name::parse(&"n".repeat(MAX_NAME_BYTES)).is_ok());
    assert!(Name::parse(&"n".repeat(MAX_NAME_BYTES + 1)).is_err());
}

#[test]
fn dates_are_of_the_calendar() {
    assert_eq!(Timepoint::new(2024, 2, 29, 23, 59).unwrap().to_string(), "2024-02-29T23:59Z");
    assert_eq!(Timepoint::new(2000, 2, 29, 0, 0).unwrap().day(), 29);
    for (year, month, day, hour, minute, part) in [
        (2023, 2, 29, 0, 0, "day"),
        (1900, 2, 29, 0, 0, "day"),
        (2023, 4, 31, 0, 0, "day"),
        (2023, 0, 1, 0, 0, "month"),
        (2023, 13, 1, 0, 0, "month"),
        (2023, 1, 0, 0, 0, "day"),
        (2023, 1, 1, 24, 0, "hour"),
        (2023, 1, 1, 0, 60, "minute"),
        (0, 1, 1, 0, 0, "year"),
        (10000, 1, 1, 0, 0, "year"),
        (2023, 65537, 1, 0, 0, "month"),
    ] {
        assert_eq!(Timepoint::new(year, month, day, hour, minute).unwrap_err().part, part);
    }
}

#[test]
fn digests_are_64_hexadecimal_digits() {
    let digest = Sha256Digest::of(b"");
    let text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(digest.to_string(), text);
    assert_eq!(text.to_uppercase().parse::<Sha256Digest>().unwrap(), digest);
    for text in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"a".repeat(65), &"é".repeat(32)] {
        assert!(text.parse::<Sha256Digest>().is_err(), "{text:?}");
    }
}

#[test]
fn ciphersuites_have_their_numbers_in_either_spelling() {
    for (name, number, offered) in [
        ("TLS1_3_AES_128_GCM_SHA256", 0x1301, true),
        ("TLS1-3-AES-256-GCM-SHA384", 0x1302, true),
        ("TLS1-3-CHACHA20-POLY1305-SHA256", 0x1303, true),
        ("TLS1_3_AES_128_CCM_SHA256", 0x1304, false),
        ("TLS1_3_AES_128_CCM_8_SHA256", 0x1305, false),
    ] {
        let read = CiphersuiteName::parse(name).unwrap();
        assert_eq!((read.suite().iana(), read.suite().is_offered()), (number, offered), "{name}");
        assert_eq!(read.to_string(), name, "the spelling is kept");
    }
    assert_eq!(Ciphersuite::Chacha20Poly1305Sha256.name(), "TLS1_3_CHACHA20_POLY1305_SHA256");
}

#[test]
fn strategies_and_platforms_are_spelt_exactly() {
    assert_eq!("JIT".parse::<ExecutionStrategy>().unwrap(), ExecutionStrategy::Jit);
    assert!("Jit".parse::<ExecutionStrategy>().is_err());
    assert_eq!("nitro".parse::<Platform>().unwrap(), Platform::Nitro);
    assert!("linux".parse::<Platform>().is_err());
    assert!(!Platform::Simulated.is_isolated());
}
