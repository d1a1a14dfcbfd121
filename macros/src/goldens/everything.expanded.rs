#[allow(unused_variables)]
fn job() -> Result<(impl Sized, u8), Error> {
    let __site = {
        #[allow(clippy::needless_borrow)]
        const __TALLIED_BOUNDS: &[::core::primitive::f64] = (FAST).split_at(0).1;
        #[allow(long_running_const_eval)]
        static __TALLIED_SITE_SAYS: crate::metrics::tallied::__private::Definition = crate::metrics::tallied::__private::Definition::of_calls(
                &[],
                &[
                    crate::metrics::tallied::__private::Family::counter(
                            "jobs_total",
                            "Jobs.",
                            0,
                            true,
                        )
                        .helped(),
                    crate::metrics::tallied::__private::Family::histogram(
                            "job_seconds",
                            "Duration of calls in seconds, by status.",
                            0,
                            true,
                        )
                        .bounded(__TALLIED_BOUNDS),
                    crate::metrics::tallied::__private::Family::in_flight(
                        "jobs_running",
                        "Calls running now.",
                        0,
                        false,
                    ),
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (true, false),
                ("", 0, false),
            )
            .budget(
                crate::metrics::tallied::__private::of_environment(
                    ::core::option_env!("TALLIED_SERIES_BUDGET"),
                    crate::metrics::tallied::__private::DEFAULT_BUDGET,
                ),
            );
        static __TALLIED_CELLS: crate::metrics::tallied::__private::SiteCells<
            { crate::metrics::tallied::__private::cells(__TALLIED_BOUNDS) },
        > = crate::metrics::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: crate::metrics::tallied::__private::Site<35> = crate::metrics::tallied::__private::Site::new(
            __TALLIED_SITE_SAYS,
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        crate::metrics::tallied::__private::listed!(
            __TALLIED_SITE, __TALLIED_SITE_SAYS, 3
            "\u{3}jobs_total\0\0Jobs.\0job_seconds\0\0Duration of calls in seconds, by status.\0jobs_running\0\0Calls running now.\0"
            2 17 * b"status\0\0status\0\0\0"
        );
        const _: () = crate::metrics::tallied::__private::within_budget(
            &__TALLIED_SITE_SAYS,
            crate::metrics::tallied::__private::Definition::sure(
                &__TALLIED_SITE_SAYS,
                true,
                false,
            ),
        );
        &__TALLIED_SITE
    };
    crate::metrics::tallied::__private::observe(
        __site,
        0,
        crate::metrics::tallied::__private::At::<0>,
        move || -> Result<(_, u8), Error> {
            {
                const _: () = ();
                run()
            }
        },
        |__out| {
            use crate::metrics::tallied::__private::ask::*;
            (&&&&crate::metrics::tallied::__private::Ask::<
                crate::metrics::tallied::__private::Status,
                _,
            >::new(__out))
                .tallied_told()
        },
    )
}
