use serde_json::{Value, json};
use veracruz_attestation::service::{MAX_NAME_CHARS, MAX_REFERENCE_BYTES, MAX_REFERENCES, ReferenceMeasurements};
use veracruz_policy::Platform;

fn hex(byte: &str) -> String {
    byte.repeat(48)
}

fn entry(name: &str, pcrs: Value) -> Value {
    json!({"name": name, "platform": "nitro", "pcrs": pcrs})
}

fn pointers(text: &str) -> Vec<String> {
    match ReferenceMeasurements::parse(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(|error| error.pointer.clone()).collect(),
    }
}

#[test]
fn entries_are_read_in_order() {
    let text = json!([
        entry("first", json!({"0": hex("aa")})),
        {"pcrs": {"8": hex("BB"), "1": hex("cc")}, "platform": "simulated", "name": "zweite Fassung"},
    ]);
    let references = ReferenceMeasurements::parse(&text.to_string()).unwrap();
    let read: Vec<_> = references.iter().map(|entry| (entry.name(), entry.platform())).collect();
    assert_eq!(read, [("first", Platform::Nitro), ("zweite Fassung", Platform::Simulated)]);
    let second = references.iter().nth(1).unwrap();
    assert_eq!(second.measurements().get(8).unwrap().to_string(), hex("bb"));
}

fn assert_pointers(cases: &[(&str, &str, &str)]) {
    for (case, text, pointer) in cases {
        assert_eq!(pointers(text), [*pointer], "{case}: {text}");
    }
}

#[test]
fn a_text_that_is_no_list_of_entries_is_refused() {
    assert_pointers(&[
        ("not JSON", "[", ""),
        ("trailing text", "[] []", ""),
        ("no array", "{}", ""),
        ("empty", "[]", ""),
        ("no object", "[7]", "/0"),
    ]);
}

#[test]
fn each_fault_of_an_entry_is_told_with_its_pointer() {
    let aa = hex("aa");
    let of = |members: &str| format!("[{{{}}}]", members.replace("GOOD", &format!(r#""pcrs": {{"0": "{aa}"}}"#)));
    let long = "n".repeat(MAX_NAME_CHARS + 1);
    for (case, members, pointer) in [
        ("no name", r#""platform": "nitro", GOOD"#, "/0"),
        ("no platform", r#""name": "a", GOOD"#, "/0"),
        ("no registers", r#""name": "a", "platform": "nitro""#, "/0"),
        ("unknown key", r#""name": "a", "platform": "nitro", GOOD, "pcr": 1"#, "/0/pcr"),
        ("key to escape", r#""name": "a", "platform": "nitro", GOOD, "a/b~": 1"#, "/0/a~1b~0"),
        ("key twice", r#""name": "a", "name": "b", "platform": "nitro", GOOD"#, "/0/name"),
        ("name no text", r#""name": 1, "platform": "nitro", GOOD"#, "/0/name"),
        ("empty name", r#""name": "", "platform": "nitro", GOOD"#, "/0/name"),
        ("long name", &format!(r#""name": "{long}", "platform": "nitro", GOOD"#), "/0/name"),
        ("name with a line break", r#""name": "a\nb", "platform": "nitro", GOOD"#, "/0/name"),
        ("other platform", r#""name": "a", "platform": "sgx", GOOD"#, "/0/platform"),
    ] {
        assert_pointers(&[(case, &of(members), pointer)]);
    }
}

#[test]
fn each_fault_of_the_registers_is_told_with_its_pointer() {
    let of = |pcrs: &str| {
        let pcrs = pcrs.replace("AA", &hex("aa")).replace("ZERO", &hex("00")).replace("XX", &hex("xx"));
        format!(r#"[{{"name": "a", "platform": "nitro", "pcrs": {pcrs}}}]"#)
    };
    for (case, pcrs, pointer) in [
        ("no object", "[]", "/0/pcrs"),
        ("none", "{}", "/0/pcrs"),
        ("only the role", r#"{"3": "AA"}"#, "/0/pcrs"),
        ("index 32", r#"{"0": "AA", "32": "AA"}"#, "/0/pcrs/32"),
        ("index 00", r#"{"00": "AA"}"#, "/0/pcrs/00"),
        ("index no number", r#"{"PCR0": "AA"}"#, "/0/pcrs/PCR0"),
        ("zero", r#"{"0": "AA", "1": "ZERO"}"#, "/0/pcrs/1"),
        ("short", r#"{"0": "aa"}"#, "/0/pcrs/0"),
        ("no hex", r#"{"0": "XX"}"#, "/0/pcrs/0"),
        ("value no text", r#"{"0": null}"#, "/0/pcrs/0"),
        ("twice", r#"{"0": "AA", "0": "AA"}"#, "/0/pcrs/0"),
    ] {
        assert_pointers(&[(case, &of(pcrs), pointer)]);
    }
}

#[test]
fn what_stands_in_two_entries_is_told_at_the_second() {
    let good = json!({"0": hex("aa")});
    let name = json!([entry("a", good.clone()), entry("a", json!({"0": hex("bb")}))]);
    let registers = json!([entry("a", good.clone()), entry("b", good)]);
    assert_pointers(&[
        ("same name", &name.to_string(), "/1/name"),
        ("same registers", &registers.to_string(), "/1/pcrs"),
    ]);
}

#[test]
fn all_faults_are_told_at_once() {
    let text = json!([entry("", json!({"0": hex("00"), "x": 1})), {"name": "b", "platform": "tdx", "pcrs": 3}]);
    let mut found = pointers(&text.to_string());
    found.sort();
    assert_eq!(found, ["/0/name", "/0/pcrs/0", "/0/pcrs/x", "/0/pcrs/x", "/1/pcrs", "/1/platform"]);
}

#[test]
fn the_same_registers_on_two_platforms_are_two_entries() {
    let mut entries = json!([entry("a", json!({"0": hex("aa")})), entry("b", json!({"0": hex("aa")}))]);
    entries[1]["platform"] = "simulated".into();
    assert_eq!(ReferenceMeasurements::parse(&entries.to_string()).unwrap().iter().count(), 2);
}

#[test]
fn the_size_of_the_text_is_bounded() {
    let of = |count: usize| {
        let entries = (1..=count).map(|index| entry(&format!("{index}"), json!({"0": format!("{index:096x}")})));
        Value::Array(entries.collect()).to_string()
    };
    assert_eq!(pointers(&of(MAX_REFERENCES)), [""; 0]);
    assert_eq!(pointers(&of(MAX_REFERENCES + 1)), [""]);
    assert_eq!(pointers(&" ".repeat(MAX_REFERENCE_BYTES + 1)), [""]);
}
