//! Every row has its test, and every route its row.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::World;

/// How many mistakes of each part are known. Their numbers begin with 1.
const MISTAKES: [(char, usize); 4] = [('c', 27), ('v', 19), ('s', 9), ('u', 6)];

/// A route: its service, method and path as the service describes them, what its tests' names begin with, and its outcomes.
type Route = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const ROUTES: &[Route] = &[
    ("ccfaas", "get", "/function", "ccfaas_get_function", &["200"]),
    ("ccfaas", "post", "/function", "ccfaas_post_function", &["200", "400_not_json", "400_incorrect", "400_exists"]),
    ("ccfaas", "get", "/function/{function}", "ccfaas_get_function_n", &["200", "404"]),
    ("ccfaas", "delete", "/function/{function}", "ccfaas_delete_function_n", &["200", "404"]),
    ("ccfaas", "get", "/function/{function}/program", "ccfaas_get_program", &["200", "200_unknown_function"]),
    (
        "ccfaas",
        "post",
        "/function/{function}/program/{file}",
        "ccfaas_post_program_b",
        &["200", "404_function", "404_program", "400_exists", "400_hash", "400_too_large"],
    ),
    ("ccfaas", "get", "/function/{function}/program/{file}", "ccfaas_get_program_b", &["200", "404"]),
    ("ccfaas", "delete", "/function/{function}/program/{file}", "ccfaas_delete_program_b", &["200", "404"]),
    ("ccfaas", "get", "/function/{function}/data_file", "ccfaas_get_data_file", &["200", "200_unknown_function"]),
    (
        "ccfaas",
        "post",
        "/function/{function}/data_file/{file}",
        "ccfaas_post_data_file_b",
        &["200", "404_function", "404_data_file", "400_exists", "400_hash", "400_too_large"],
    ),
    ("ccfaas", "get", "/function/{function}/data_file/{file}", "ccfaas_get_data_file_b", &["200", "404"]),
    ("ccfaas", "delete", "/function/{function}/data_file/{file}", "ccfaas_delete_data_file_b", &["200", "404"]),
    ("ccfaas", "get", "/instance", "ccfaas_get_instance", &["200"]),
    (
        "ccfaas",
        "post",
        "/instance",
        "ccfaas_post_instance",
        &["200", "400_not_json", "400_incorrect", "400_exists", "404", "502_vaas", "502_loading"],
    ),
    ("ccfaas", "get", "/instance/{instance}", "ccfaas_get_instance_n", &["200", "404"]),
    ("ccfaas", "delete", "/instance/{instance}", "ccfaas_delete_instance_n", &["200", "404", "502"]),
    ("vaas", "get", "/veracruz", "vaas_get_veracruz", &["200", "500"]),
    ("vaas", "get", "/veracruz/{instance}", "vaas_get_veracruz_n", &["200", "400", "404", "404_instance_id"]),
    ("vaas", "delete", "/veracruz/{instance}", "vaas_delete_veracruz_n", &["200", "400", "404"]),
    (
        "vaas",
        "post",
        "/veracruz",
        "vaas_post_veracruz",
        &["200", "400_not_json", "400_incorrect", "502", "504", "507", "500_networking", "500_kubernetes"],
    ),
    (
        "s3_app",
        "post",
        "/s3_stream_veracruz",
        "s3_post",
        &[
            "200",
            "202",
            "400_not_json",
            "400_no_object",
            "400_incorrect",
            "400_credentials",
            "400_names",
            "403_from_s3",
            "404_from_s3",
            "403_instance",
            "502_instance",
        ],
    ),
    ("s3_app", "get", "/s3_stream_veracruz/{job}", "s3_get_job", &["200", "404"]),
    ("s3_app", "delete", "/s3_stream_veracruz/{job}", "s3_delete_job", &["200", "404"]),
];

/// Rows without a test here, and why. All are of Kubernetes, whose driver is a later issue: processes have none of it.
const ELSEWHERE: &[(&str, &str)] = &[
    ("vaas_get_veracruz_500", "`Error accessing k8s`: the list is in the service's memory, and asking it cannot fail"),
    ("vaas_post_veracruz_500_networking", "the EndpointSlice of a pod: a process listens by itself"),
    ("vaas_post_veracruz_500_kubernetes", "`Error accessing k8s`: the driver's own failures are the 502"),
    ("v12", "the namespace was written into the source: processes have none"),
];

/// What holds for all services, and how each is deployed.
const COMMON: &[&str] = &[
    "common_404_unknown_path",
    "common_405_wrong_method",
    "common_500_never_for_what_a_client_sends",
    "deployed_vaas",
    "deployed_ccfaas",
    "deployed_s3_app",
    "deployed_attestation_server",
];

/// What the names of tests are, or begin with, by the tables.
fn rows() -> BTreeSet<String> {
    let of_route = |(.., name, outcomes): &Route| outcomes.iter().map(|outcome| format!("{name}_{outcome}")).collect();
    let outcomes = ROUTES.iter().flat_map::<Vec<_>, _>(of_route);
    let mistakes =
        MISTAKES.iter().flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number:02}")));
    outcomes.chain(mistakes).chain(COMMON.iter().map(|row| (*row).to_owned())).collect()
}

/// The row of a test: the whole name of a route's, and the number before the words of a mistake's.
fn row_of(name: &str) -> &str {
    let (number, _) = name.split_once('_').unwrap_or((name, ""));
    let is_number = number.len() == 3 && number[1..].bytes().all(|byte| byte.is_ascii_digit());
    if is_number { number } else { name }
}

/// Rows without a test, excuses without need, tests of rows that no table has, and names that stand twice.
fn faults(names: &[&str]) -> Vec<String> {
    let (rows, tested) = (rows(), names.iter().map(|name| row_of(name)).collect::<BTreeSet<_>>());
    let excused: BTreeSet<&str> = ELSEWHERE.iter().map(|(row, _)| *row).collect();
    let is_met = |row: &&String| tested.contains(row.as_str()) || excused.contains(row.as_str());
    let missing = rows.iter().filter(|row| !is_met(row)).map(|row| format!("{row} has no test"));
    let is_needed = |row: &&str| rows.contains(*row) && !tested.contains(*row);
    let needless = excused.iter().filter(|row| !is_needed(row)).map(|row| format!("{row} needs no excuse"));
    let is_known = |name: &&str| name.starts_with("user_") || rows.contains(*name);
    let unknown = tested.iter().filter(|name| !is_known(name)).map(|name| format!("no table has {name}"));
    let distinct: BTreeSet<_> = names.iter().collect();
    let twice = (distinct.len() < names.len()).then(|| "two tests have one name".to_owned());
    missing.chain(needless).chain(unknown).chain(twice).collect()
}

/// Every row has its test.
pub(crate) fn check(names: &[&str]) {
    assert_eq!(faults(names), Vec::<String>::new());
}

/// The check itself: it sees a test that is gone, one too many, and one twice.
pub(crate) fn check_the_check(names: &[&str]) {
    for gone in names.iter().filter(|name| !name.starts_with("user_")) {
        let left: Vec<_> = names.iter().copied().filter(|name| row_of(name) != row_of(gone)).collect();
        assert_eq!(faults(&left), [format!("{} has no test", row_of(gone))]);
    }
    for (more, fault) in [
        ("c28_of_nothing", "no table has c28"),
        ("vaas_post_veracruz_418", "no table has vaas_post_veracruz_418"),
        ("v12_of_kubernetes", "v12 needs no excuse"),
        (names[0], "two tests have one name"),
    ] {
        assert_eq!(faults(&[names, &[more]].concat()), [fault]);
    }
}

/// The services have the routes of the table and no others.
pub(crate) fn check_routes(world: &World) {
    for (service, door) in [("ccfaas", &world.ccfaas), ("vaas", &world.vaas), ("s3_app", &world.s3_app)] {
        let described: Value = serde_json::from_str(&door.get("/openapi.json").text).unwrap();
        let operations = described["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| (method.as_str(), path.as_str()))
        });
        let described: BTreeSet<_> = operations.collect();
        let ours = ROUTES.iter().filter(|(of, ..)| *of == service).map(|(_, method, path, ..)| (*method, *path));
        assert_eq!(described, ours.collect(), "{service}");
    }
}
