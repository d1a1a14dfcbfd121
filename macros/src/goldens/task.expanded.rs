pub(crate) fn charge<C: Card>(card: &C, cents: u64) -> Alias<Receipt> {
    let __site = {
        #[allow(long_running_const_eval)]
        static __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::of_calls(
                &[::tallied::__private::Dimension::one("task_name", "charge")],
                &[
                    ::tallied::__private::Family::counter(
                        "my_shop_task_calls_total",
                        "Calls by task_name and status.",
                        1,
                        true,
                    ),
                    ::tallied::__private::Family::histogram(
                        "my_shop_task_duration_seconds",
                        "Duration of calls in seconds, by task_name and status.",
                        1,
                        true,
                    ),
                    ::tallied::__private::Family::in_flight(
                        "my_shop_task_in_flight",
                        "Calls running now, by task_name.",
                        1,
                        false,
                    ),
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (true, false),
                ("charge", 3, true),
            )
            .at_least(false, false);
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<13> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<33> = ::tallied::__private::Site::new(
            __TALLIED_SITE_SAYS,
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE, __TALLIED_SITE_SAYS, 3
            "\u{3}my_shop_task_calls_total\0\0Calls by task_name and status.\0my_shop_task_duration_seconds\0\0Duration of calls in seconds, by task_name and status.\0my_shop_task_in_flight\0\0Calls running now, by task_name.\0"
            5 47 * b"task_name\0status\0\0task_name\0status\0\0task_name\0\0"
        );
        let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
        &__TALLIED_SITE
    };
    ::tallied::__private::observe(
        __site,
        0,
        ::tallied::__private::At::<3>,
        move || -> Alias<Receipt> {
            #[allow(clippy::shadow_same)]
            let mut cents = cents;
            #[allow(clippy::shadow_same)]
            let card = card;
            {
                cents += card.fee();
                card.charge(cents)
            }
        },
        |__out| {
            use ::tallied::__private::ask::*;
            (&&&&::tallied::__private::Ask::<
                ::tallied::__private::Status,
                _,
            >::new(__out))
                .tallied_told()
        },
    )
}
