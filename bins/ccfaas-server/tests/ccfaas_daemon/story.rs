//! The whole way: function, instance, user, end.

use veracruz_client::Compute;
use veracruz_client::rest::InstanceState;
use veracruz_policy::audit::{Asked, KnownInfrastructure, Severity, audit};
use veracruz_policy::{Certificate, FullPolicy, FunctionPolicy, UserPolicy};

use crate::home::{DATA, Home, PROGRAM, User, client, function, program, running};

#[tokio::test]
async fn a_function_is_registered_instantiated_used_and_deleted() {
    let home = Home::new(22_000, 1);
    let vaas = home.vaas("127.0.0.1:0").await;
    let ccfaas = home.ccfaas(&vaas.url()).await;
    ccfaas.ready().await;
    let (operator, user) = (client(&ccfaas), User::new());
    let registered = function("hello", b"table").to_string();
    assert_eq!(operator.create_function(registered.clone()).await.unwrap(), registered);
    let content = program();
    operator.upload_program("hello", PROGRAM, content.len() as u64, std::io::Cursor::new(content)).await.unwrap();
    operator.upload_data_file("hello", DATA, 5, &b"table"[..]).await.unwrap();
    assert!(operator.program_is_loaded("hello", PROGRAM).await.unwrap());
    assert!(operator.data_file_is_loaded("hello", DATA).await.unwrap());

    let asked = user.policy("hello", "one");
    let made = operator.create_instance(asked.clone()).await.unwrap();
    assert_eq!(ccfaas.metric("ccfaas_instances{state=\"ready\"}"), 1);
    // What the user checks before anything goes there.
    let policy = FullPolicy::parse(&made.policy).unwrap();
    let loader = std::fs::read_to_string(home.path("ccfaas-server-state/loader/certificate.pem")).unwrap();
    let asked_for = Asked {
        function: &FunctionPolicy::parse(&registered).unwrap(),
        user: &UserPolicy::parse(&asked).unwrap(),
        loader: Some(&Certificate::from_pem(&loader).unwrap()),
        infrastructure: &KnownInfrastructure { allow_simulated: true, ..KnownInfrastructure::default() },
    };
    let findings = audit(&policy, &asked_for).unwrap();
    assert!(findings.iter().all(|finding| finding.severity == Severity::Notice), "{findings:?}");
    let mut session = user.connect(&made.policy).await;
    assert_eq!(session.compute(PROGRAM, Compute::new()).await.unwrap(), 0);
    assert_eq!(session.read("stdout", 100).await.unwrap(), b"hello");

    // The one slot is taken; then the user shuts the instance down, and deletes it.
    let other = operator.create_instance(user.policy("hello", "two")).await.unwrap_err();
    assert_eq!(other.code(), "no-free-slot");
    session.shutdown().await.unwrap();
    while operator.instance("one").await.unwrap().status != InstanceState::Finished {
        tokio::task::yield_now().await;
    }
    operator.delete_instance("one").await.unwrap();
    assert_eq!(operator.instances().await.unwrap().instances, [""; 0]);
    operator.create_instance(user.policy("hello", "two")).await.unwrap();
    operator.delete_function("hello").await.unwrap();
    assert_eq!(home.contents(), 0);
    // Instances go on when the services end.
    vaas.stop().await;
    let told = ccfaas.stop().await;
    assert!(told.contains("INSECURE: functions are loaded into simulated instances too"), "{told}");
}

#[tokio::test]
async fn an_instance_that_cannot_be_verified_gets_nothing_and_is_ended() {
    let home = Home::new(22_100, 1);
    let vaas = home.vaas("127.0.0.1:0").await;
    // Simulated instances are not allowed here.
    let url = vaas.url();
    let ccfaas = crate::daemon::Daemon::start(home.ccfaas_command(&["--listen", "127.0.0.1:0", "--vaas", &url])).await;
    let operator = client(&ccfaas);
    operator.create_function(function("hello", b"table").to_string()).await.unwrap();
    operator.upload_data_file("hello", DATA, 5, &b"table"[..]).await.unwrap();
    let refused = operator.create_instance(User::new().policy("hello", "one")).await.unwrap_err();
    assert_eq!(refused.code(), "instance-not-verified", "{refused}");
    assert!(refused.to_string().contains("simulated"), "{refused}");
    assert_eq!((running(&vaas).await, ccfaas.metric("ccfaas_creations_failed_total{step=\"verify\"}")), (0, 1));
}

#[tokio::test]
async fn a_user_who_hangs_up_leaves_no_instance() {
    use std::io::Write as _;
    let home = Home::new(22_200, 1);
    let vaas = home.vaas("127.0.0.1:0").await;
    let mut ccfaas = home.ccfaas(&vaas.url()).await;
    let operator = client(&ccfaas);
    operator.create_function(function("hello", b"table").to_string()).await.unwrap();
    operator.upload_data_file("hello", DATA, 5, &b"table"[..]).await.unwrap();
    let body = User::new().policy("hello", "one");
    let mut stream = std::net::TcpStream::connect(ccfaas.address).unwrap();
    let head = "POST /instance HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
    while running(&vaas).await == 0 {
        tokio::task::yield_now().await;
    }
    drop(stream);
    ccfaas.logged("instance not made").await;
    while running(&vaas).await > 0 {
        tokio::task::yield_now().await;
    }
    // The name and the slot are free.
    operator.create_instance(body).await.unwrap();
}
