//! The script that prepares a home, on real block devices: loop devices with real partition tables and filesystems, in a
//! Debian made by debootstrap. The cases are those of `tests/prepare/cases.py`, which tells what of the instance is
//! real; where root, loop mounts or a tool are missing, they fail and say so.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::python;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/prepare/cases.py");

/// Runs `cases.py` and returns what it printed.
fn cases(arguments: &[&str]) -> String {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp is in target");
    let mut command = Command::new("python3");
    command.arg("-B").arg(CASES).arg(target).args(arguments).stdin(Stdio::null());
    let output = python::clean(&mut command).output().expect("python3 starts");
    python::succeeded(&format!("cases.py {}", arguments.join(" ")), output)
}

macro_rules! cases {
    ($(fn $name:ident();)*) => {
        $(
            #[test]
            fn $name() {
                cases(&[stringify!($name)]);
            }
        )*

        #[test]
        fn every_case_of_the_prepare_script_is_a_test() {
            let listed = cases(&[]);
            let listed: Vec<&str> = listed.lines().collect();
            assert_eq!(listed, [$(stringify!($name)),*]);
        }
    };
}

cases! {
    fn all_that_is_below_home_is_equal_afterwards();
    fn it_runs_under_busybox_sh_as_under_dash();
    fn a_second_run_changes_not_a_byte_and_says_so();
    fn a_disk_that_appears_late_is_waited_for();
    fn without_serials_the_disk_is_found_by_the_name_that_a_xen_guest_gives_it();
    fn a_home_that_is_complete_serves_another_instance_as_it_is();
    fn fstab_has_one_line_for_home_in_either_mode_and_keeps_all_others();
    fn missing_tools_are_installed_once_the_package_manager_is_free();
    fn a_file_that_is_written_during_the_copy_is_copied_again();
    fn a_disk_with_raw_data_in_its_middle_is_refused_unchanged();
    fn of_a_big_disk_samples_are_read_and_data_in_them_is_refused();
    fn a_disk_with_a_partition_table_or_a_known_signature_is_refused_unchanged();
    fn a_partition_of_our_name_without_our_home_in_it_is_refused_unchanged();
    fn the_home_of_another_volume_is_refused_unchanged();
    fn a_wrong_disk_is_refused_unchanged();
    fn an_instance_store_disk_is_refused_unchanged();
    fn a_disk_that_does_not_appear_is_refused_after_ten_minutes();
    fn two_disks_that_answer_to_the_volume_are_refused_unchanged();
    fn a_disk_in_use_and_the_root_disk_are_refused();
    fn a_home_that_is_no_plain_folder_of_the_root_filesystem_is_refused();
    fn without_room_for_the_bytes_or_the_files_nothing_is_copied_and_it_can_be_tried_again();
    fn a_home_that_does_not_fit_is_refused_by_its_real_size();
    fn whatever_tool_fails_there_is_a_verdict_and_no_power();
    fn a_signal_ends_it_with_a_verdict_and_no_power();
    fn a_console_that_cannot_be_written_stops_nothing();
    fn another_run_at_the_same_time_keeps_out_and_leaves_the_power_on();
    fn cloud_init_runs_it_again_at_the_next_boot_until_it_is_done();
    fn power_lost_before_any_call_of_a_tool_is_resumed();
    fn power_lost_at_any_moment_is_resumed();
    fn a_torn_partition_table_or_filesystem_of_our_own_is_made_again();
    fn what_somebody_did_with_a_disk_that_was_only_begun_is_refused_unchanged();
    fn killed_at_each_step_it_goes_on_in_the_same_boot();
    fn powered_off_between_fstab_and_switch_the_new_home_is_mounted_over_the_old_and_it_goes_on();
    fn shellcheck_finds_nothing_and_every_shell_reads_it();
    fn it_is_well_below_what_ec2_takes_as_user_data_and_its_settings_go_below_the_first_line();
}
