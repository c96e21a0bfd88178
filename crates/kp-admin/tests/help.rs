//! What `--help` shows, for each command.

#[test]
fn help() {
    for path in [
        &[][..],
        &["topics"],
        &["topics", "list"],
        &["topics", "describe"],
        &["topics", "create"],
        &["topics", "delete"],
        &["topics", "add-partitions"],
        &["groups"],
        &["groups", "list"],
        &["groups", "describe"],
        &["audit"],
    ] {
        let mut root = kp_admin::command().term_width(100);
        root.build();
        let mut command = &mut root;
        for name in path {
            command = command.find_subcommand_mut(name).unwrap();
        }
        let name = [&["kp-admin"], path].concat().join("-");
        insta::assert_snapshot!(
            name,
            if path == ["audit"] {
                command.render_long_help()
            } else {
                command.render_help()
            }
        );
    }
}
