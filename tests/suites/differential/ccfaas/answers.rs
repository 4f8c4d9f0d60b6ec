//! What went wrong with answers: C15, C26, C27.

use crate::cases::{Case, cases};
use crate::daemons::Functions;
use crate::documents::{PROGRAM_CONTENT, Person, bare_function, base64, user_policy};
use crate::relay::{Fate, Relay};
use crate::world::{Instance, World, register, text};

pub(super) const CASES: &[Case] = cases![
    c15_no_name_hides_a_function_from_the_list,
    c26_every_sentence_is_a_paragraph_and_no_name_is_markup,
    c27_a_failure_tells_nothing_of_the_inside,
];

/// Names that looked like the service's own folders.
fn c15_no_name_hides_a_function_from_the_list(world: &World) {
    let plain = world.function();
    let names = [format!("{plain}_programs"), format!("{plain}_data"), format!("{}_programs", base64(&plain))];
    for name in &names {
        register(&world.ccfaas, name);
    }
    let list = world.ccfaas.get("/function").object(&["functions"]);
    for name in [plain].iter().chain(&names) {
        assert!(list["functions"].as_array().unwrap().contains(&name.clone().into()), "{name}");
    }
}

fn c26_every_sentence_is_a_paragraph_and_no_name_is_markup(world: &World) {
    let name = world.name("<b>&\"'");
    let (part, shown) = ("%3Cb%3E%26%22'", "&lt;b&gt;&amp;\"'");
    let number = name.strip_prefix("<b>&\"'").unwrap();
    let program = "/program/<script>.wasm";
    assert_eq!(world.ccfaas.post("/function", &bare_function(&name, program, PROGRAM_CONTENT)).status, 200);
    let path = format!("/function/{part}{number}/program/{}", base64(program));
    world.ccfaas.post_raw(&path, PROGRAM_CONTENT).says("function loaded!");
    let loaded = format!("programn /program/&lt;script&gt;.wasm is loaded in function {shown}{number}");
    world.ccfaas.get(&path).says(&loaded);
    let deleted = loaded.replace("is loaded in", "is deleted from");
    world.ccfaas.delete(&path).says(&deleted);
    world.ccfaas.post_raw(&path, PROGRAM_CONTENT).says("function loaded!");

    let id = world.name("<i>");
    let body = user_policy(&name, &id, &Person::new("app"), &Person::new("user"));
    assert_eq!(world.ccfaas.post("/instance", &body).status, 200);
    let id = id.strip_prefix("<i>").unwrap();
    world.ccfaas.delete(&format!("/instance/%3Ci%3E{id}")).says(&format!("instance &lt;i&gt;{id} deleted"));
    world.ccfaas.delete(&format!("/function/{part}{number}")).says(&format!("Function {shown}{number} deleted"));
}

/// Each failure that can be had: VaaS gone, VaaS that says something else, a file that cannot be read. What `refused`
/// forbids everywhere, and besides where VaaS is and where files lie.
fn c27_a_failure_tells_nothing_of_the_inside(world: &World) {
    let relay = Relay::start(world.http.runtime(), "127.0.0.1:0", world.vaas.address());
    let functions = Functions::start(world, relay.address(), &[]);
    register(&functions.door, "function");
    let instance = Instance::create(&functions.door, "function", "instance");
    let body = user_policy("function", "other", &Person::new("app"), &Person::new("user"));

    // A server, but no VaaS: the function service asks itself.
    let lost = Functions::start(world, functions.door.address(), &[]);
    register(&lost.door, "function");
    functions.contents().into_iter().for_each(|path| std::fs::remove_file(path).unwrap());
    let unreadable = functions.door.post("/instance", &body).refused(502, "provisioning-failed");
    relay.set(Fate::Refuse);
    for problem in [
        unreadable,
        functions.door.post("/instance", &body).refused(502, "vaas-unreachable"),
        functions.door.delete(&instance.path()).refused(502, "vaas-unreachable"),
        lost.door.post("/instance", &body).refused(502, "vaas-refused"),
    ] {
        let said = text(&problem, "detail");
        for inside in
            [relay.address(), functions.door.address(), "ccfaas-server-state", "contents/", "127.0.0.1", "os error"]
        {
            assert!(!said.contains(inside), "{inside:?} stands in {said:?}");
        }
    }
    relay.set(Fate::Pass);
    assert_eq!(functions.door.delete(&instance.path()).status, 200);
}
