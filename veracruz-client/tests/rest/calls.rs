//! What goes over the wire for each call.

use veracruz_client::rest::{
    CcfaasClient, CopyRequest, CopyStatus, Destination, InstanceState, S3AppClient, Secret, Source, VaasClient,
};
use veracruz_policy::Endpoint;

use crate::stand_in::{Request, Script, StandIn, response};

/// Detector, in base64 as the i-poc's scripts write it, with `=` percent-encoded.
const DETECTOR: &str = "L3Byb2dyYW0vZGV0ZWN0b3Iud2FzbQ%3D%3D";

/// Makes a call and shows what it sent. The answer is none of the call's, so only that it was made counts.
macro_rules! sent {
    ($client:ident, $call:expr) => {{
        let mut stand_in = StandIn::json("{}").await;
        let $client = stand_in.service();
        let _ = $call.await;
        stand_in.request().await
    }};
}

fn ccfaas(service: veracruz_client::rest::Service) -> CcfaasClient {
    CcfaasClient::new(service)
}

#[tokio::test]
async fn each_call_of_ccfaas_has_the_method_and_path_of_the_i_poc() {
    let file = "/program/detector.wasm";
    let cases: [(Request, &str); 14] = [
        (sent!(s, ccfaas(s).functions(None, None)), "GET /function"),
        (sent!(s, ccfaas(s).functions(Some("a b"), Some(7))), "GET /function?after=a%20b&limit=7"),
        (sent!(s, ccfaas(s).create_function("{}")), "POST /function"),
        (sent!(s, ccfaas(s).function("v/o".replace('/', "?").as_str())), "GET /function/v%3Fo"),
        (sent!(s, ccfaas(s).delete_function("vod")), "DELETE /function/vod"),
        (sent!(s, ccfaas(s).programs("vod")), "GET /function/vod/program"),
        (sent!(s, ccfaas(s).data_files("vod")), "GET /function/vod/data_file"),
        (sent!(s, ccfaas(s).program_is_loaded("vod", file)), &format!("GET /function/vod/program/{DETECTOR}")),
        (sent!(s, ccfaas(s).delete_program("vod", file)), &format!("DELETE /function/vod/program/{DETECTOR}")),
        (sent!(s, ccfaas(s).delete_data_file("vod", file)), &format!("DELETE /function/vod/data_file/{DETECTOR}")),
        (sent!(s, ccfaas(s).instances()), "GET /instance"),
        (sent!(s, ccfaas(s).create_instance("{}")), "POST /instance"),
        (sent!(s, ccfaas(s).instance("i")), "GET /instance/i"),
        (sent!(s, ccfaas(s).delete_instance("i")), "DELETE /instance/i"),
    ];
    for (request, line) in &cases {
        assert_eq!(request.line(), *line);
        let posts = request.line().starts_with("POST");
        assert_eq!(request.header("content-type"), posts.then_some("application/json"), "{line}");
        assert_eq!(request.text(), if posts { "{}" } else { "" }, "{line}");
        assert_eq!(request.header("authorization"), None, "{line}");
    }
}

#[tokio::test]
async fn each_call_of_vaas_has_the_method_and_path_of_the_i_poc() {
    let address = Endpoint::parse("veracruz-nitro-server:3014").unwrap();
    let at = "/veracruz/veracruz-nitro-server:3014";
    let cases: [(Request, String); 6] = [
        (sent!(s, VaasClient::new(s).create("{}")), "POST /veracruz".to_owned()),
        (sent!(s, VaasClient::new(s).list(None, None)), "GET /veracruz".to_owned()),
        (sent!(s, VaasClient::new(s).list(None, Some("ab"))), "GET /veracruz?instance_hash=ab".to_owned()),
        (sent!(s, VaasClient::new(s).describe(&address, None, None)), format!("GET {at}")),
        (
            sent!(s, VaasClient::new(s).delete(&address, Some("CC&FaaS"), Some("ab"))),
            format!("DELETE {at}?instance_id=CC%26FaaS&instance_hash=ab"),
        ),
        (
            sent!(s, VaasClient::new(s).delete(&Endpoint::parse("[::1]:3014").unwrap(), None, None)),
            "DELETE /veracruz/%5B::1%5D:3014".to_owned(),
        ),
    ];
    for (request, line) in &cases {
        assert_eq!(request.line(), line);
    }
}

fn copy_request() -> CopyRequest {
    CopyRequest {
        s3: Source {
            region_name: None,
            bucket: "b".to_owned(),
            filename: "k".to_owned(),
            aws_access_key_id: None,
            aws_secret_access_key: None,
            aws_session_token: None,
        },
        veracruz: Destination {
            filename: "/s3_app_input/x".to_owned(),
            policy: "{\n}".to_owned(),
            certificate: "C".to_owned(),
            key: Secret::new("K"),
        },
    }
}

#[tokio::test]
async fn each_call_of_the_s3_app_has_its_method_and_path() {
    let copy = sent!(s, S3AppClient::new(s).copy(&copy_request()));
    assert_eq!((copy.line(), copy.header("prefer")), ("POST /s3_stream_veracruz", None));
    let expected = r#"{"s3":{"bucket":"b","filename":"k"},"veracruz":{"filename":"/s3_app_input/x","policy":"{\n}","certificate":"C","key":"K"}}"#;
    assert_eq!(copy.text(), expected);
    assert_eq!(copy.header("content-type"), Some("application/json"));
    let start = sent!(s, S3AppClient::new(s).start(&copy_request()));
    assert_eq!((start.line(), start.header("prefer")), ("POST /s3_stream_veracruz", Some("respond-async")));
    let job = sent!(s, S3AppClient::new(s).job("j1"));
    assert_eq!(job.line(), "GET /s3_stream_veracruz/j1");
    let cancel = sent!(s, S3AppClient::new(s).cancel("j1"));
    assert_eq!(cancel.line(), "DELETE /s3_stream_veracruz/j1");
}

#[tokio::test]
async fn answers_are_read_as_the_i_poc_writes_them() {
    let stand_in = StandIn::json(r#"{"functions": ["a", "b"]}"#).await;
    assert_eq!(ccfaas(stand_in.service()).functions(None, None).await.unwrap().functions, ["a", "b"]);
    let stand_in = StandIn::json(r#"{"instance": "i", "policy": "{\n}"}"#).await;
    let instance = ccfaas(stand_in.service()).create_instance("{}").await.unwrap();
    assert_eq!((instance.policy.as_str(), instance.status), ("{\n}", InstanceState::Ready));
    let function = "{\n    \"function\": \"vod\"\n}";
    let stand_in = StandIn::json(function).await;
    assert_eq!(ccfaas(stand_in.service()).function("vod").await.unwrap(), function, "letter by letter");
    let stand_in = StandIn::start(Script::Answer(response("200 OK", "text/html", "<p>Function vod deleted</p>"))).await;
    ccfaas(stand_in.service()).delete_function("vod").await.unwrap();
    let listed = r#"{"veracruz": [{"veracruz-nitro-server:3014": {"instance_id": "CCFaaS", "instance_hash": "ab", "status": "OK"}}]}"#;
    let stand_in = StandIn::json(listed).await;
    let list = VaasClient::new(stand_in.service()).list(None, None).await.unwrap();
    assert_eq!(list.veracruz[0]["veracruz-nitro-server:3014"].status, InstanceState::Ready);
}

#[tokio::test]
async fn a_copy_in_the_background_is_one_only_where_the_service_says_so() {
    let job = r#"{"job": "j1", "status": "running", "bytes": 0}"#;
    let stand_in = StandIn::start(Script::Answer(response("202 Accepted", "application/json", job))).await;
    let started = S3AppClient::new(stand_in.service()).start(&copy_request()).await.unwrap();
    assert_eq!((started.job.as_str(), started.status), ("j1", CopyStatus::Running));
    let stand_in = StandIn::json(job).await;
    let error = S3AppClient::new(stand_in.service()).start(&copy_request()).await.unwrap_err();
    assert_eq!(error.code(), "protocol");
}

#[tokio::test]
async fn whether_a_file_is_loaded_is_told_apart_from_whether_it_exists() {
    let answer =
        |code: &str| crate::stand_in::problem("404 Not Found", &format!(r#"{{"status": 404, "code": "{code}"}}"#));
    let stand_in = StandIn::start(answer("program-not-loaded")).await;
    assert!(!ccfaas(stand_in.service()).program_is_loaded("f", "/p").await.unwrap());
    let stand_in = StandIn::start(answer("no-such-function")).await;
    let error = ccfaas(stand_in.service()).data_file_is_loaded("f", "/p").await.unwrap_err();
    assert_eq!(error.code(), "no-such-function");
}

#[tokio::test]
async fn a_name_that_would_ask_for_something_else_is_not_sent() {
    let mut stand_in = StandIn::json("{}").await;
    for name in ["", ".", "..", "a/b", "a\nb"] {
        let client = ccfaas(stand_in.service());
        let codes = [
            client.delete_function(name).await.unwrap_err().code().to_owned(),
            client.delete_instance(name).await.unwrap_err().code().to_owned(),
            S3AppClient::new(stand_in.service()).cancel(name).await.unwrap_err().code().to_owned(),
        ];
        assert!(codes.iter().all(|code| code == "bad-name"), "{name:?}: {codes:?}");
    }
    assert!(!stand_in.was_asked());
}
