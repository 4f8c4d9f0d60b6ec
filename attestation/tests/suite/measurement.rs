//! Register values and sets of them.

use veracruz_attestation::{Measurements, MeasurementsError, Pcr, PcrError};

fn pcr(seed: u8) -> Pcr {
    Pcr::from([seed; 48])
}

#[test]
fn a_register_of_content_is_the_digest_extended_into_zero() {
    // python3: sha384(bytes(48) + sha384(b"abc").digest())
    let expected = "93732e3733514a841c982cfa75ea76ab55fe011acb9cd980ef4523913c65be1b0998e04d77f8c174f81a82151619ca40";
    assert_eq!(Pcr::of_content(b"abc").to_string(), expected);
    assert_eq!(expected.to_uppercase().parse(), Ok(Pcr::of_content(b"abc")));
    assert!(Pcr::ZERO.is_zero() && !Pcr::of_content(b"").is_zero());
}

#[test]
fn a_text_that_is_no_register_says_why() {
    assert_eq!("00".parse::<Pcr>(), Err(PcrError::Length(2)));
    assert_eq!("0".repeat(97).parse::<Pcr>(), Err(PcrError::Length(97)));
    assert_eq!("x".repeat(96).parse::<Pcr>(), Err(PcrError::Digit));
}

#[test]
fn a_set_that_would_accept_any_code_cannot_be_built() {
    let cases: &[(&[(u8, Pcr)], MeasurementsError)] = &[
        (&[], MeasurementsError::Empty),
        (&[(32, pcr(1))], MeasurementsError::Index(32)),
        (&[(0, Pcr::ZERO)], MeasurementsError::Zero(0)),
        (&[(0, pcr(1)), (2, Pcr::ZERO)], MeasurementsError::Zero(2)),
        (&[(0, pcr(1)), (0, pcr(1))], MeasurementsError::Duplicate(0)),
        (&[(3, pcr(1)), (4, pcr(2))], MeasurementsError::NamesNoCode),
        (&[(8, pcr(1))], MeasurementsError::NamesNoCode),
        (&[(1, pcr(1)), (2, pcr(2))], MeasurementsError::NamesNoCode),
    ];
    for (values, error) in cases {
        assert_eq!(Measurements::new(values.iter().copied()), Err(*error), "{values:?}");
    }
    for values in [
        &[(0, pcr(1))][..],
        &[(8, pcr(1)), (1, pcr(2))],
        &[(8, pcr(1)), (2, pcr(2)), (31, pcr(3))],
    ] {
        assert!(Measurements::new(values.iter().copied()).is_ok(), "{values:?}");
    }
}

#[test]
fn a_set_reads_the_json_that_it_writes_and_no_second_spelling() {
    let set = Measurements::new([(0, pcr(1)), (16, pcr(2))]).unwrap();
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(text, format!(r#"{{"0":"{}","16":"{}"}}"#, pcr(1), pcr(2)));
    assert_eq!(serde_json::from_str::<Measurements>(&text).unwrap(), set);
    let value = pcr(1);
    for bad in [
        "{}".to_owned(),
        "[]".to_owned(),
        format!(r#"{{"00":"{value}"}}"#),
        format!(r#"{{"+0":"{value}"}}"#),
        format!(r#"{{"256":"{value}"}}"#),
        format!(r#"{{"0":"{value}","0":"{value}"}}"#),
        format!(r#"{{"0":"{}"}}"#, Pcr::ZERO),
        r#"{"0":"00"}"#.to_owned(),
    ] {
        assert!(serde_json::from_str::<Measurements>(&bad).is_err(), "{bad}");
    }
}
