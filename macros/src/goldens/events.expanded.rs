#[allow(clippy::manual_async_fn, clippy::async_yields_async)]
fn fetch(url: &str) -> impl ::core::future::Future<Output = Page> {
    let __site = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        #[allow(long_running_const_eval)]
        static __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::of_calls(
                &[
                    ::tallied::__private::Dimension::path(
                        "function",
                        ::core::module_path!(),
                        __tallied_path,
                    ),
                ],
                &[
                    ::tallied::__private::Family::counter(
                        "my_shop_function_calls_total",
                        "Calls by function and status.",
                        1,
                        true,
                    ),
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (true, true),
                ("", 0, false),
            )
            .at_least(false, true)
            .budget(
                ::tallied::__private::of_environment(
                    ::core::option_env!("TALLIED_SERIES_BUDGET"),
                    ::tallied::__private::DEFAULT_BUDGET,
                ),
            )
            .beside(&__TALLIED_BUSY_FAMILIES)
            .tell(|__ended| {
                if __ended.nanos() > 100000000u64 {
                    ::tallied::__private::tracing::event!(
                        target : ::core::module_path!(),
                        ::tallied::__private::tracing::Level::WARN, function = & *
                        __ended.function("fetch"), elapsed_ms =
                        ::tallied::__private::millis(__ended.nanos()), status = __ended
                        .status(), "slow call"
                    )
                }
                ::tallied::__private::tracing::event!(
                    target : ::core::module_path!(),
                    ::tallied::__private::tracing::Level::DEBUG, function = & * __ended
                    .function("fetch"), elapsed_ms = ::tallied::__private::millis(__ended
                    .nanos()), status = __ended.status(), "call ended"
                )
            });
        static __TALLIED_BUSY_FAMILIES: [::tallied::__private::Family; 1] = [
            ::tallied::__private::Family::histogram(
                "my_shop_function_busy_seconds",
                "Time inside polls in seconds, by function and status.",
                1,
                true,
            ),
        ];
        static __TALLIED_BUSY_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::of_polls(
            &__TALLIED_SITE_SAYS,
            &__TALLIED_BUSY_FAMILIES,
        );
        const _: () = ::tallied::__private::within_budget(
            &__TALLIED_BUSY_SAYS,
            ::tallied::__private::Definition::sure(&__TALLIED_BUSY_SAYS, false, true),
        );
        const {
            ::tallied::__private::within_budget_too(
                &__TALLIED_BUSY_SAYS,
                ::tallied::__private::Definition::sure(
                    &__TALLIED_BUSY_SAYS,
                    false,
                    true,
                ),
                ::tallied::__private::Ways::told_by::<
                    Page,
                    _,
                    _,
                >(
                    &|__out| {
                        use ::tallied::__private::ask::*;
                        (&&&&::tallied::__private::Ask::<
                            ::tallied::__private::Status,
                            _,
                        >::new(__out))
                            .tallied_told()
                    },
                    true,
                ),
            )
        }
        static __TALLIED_BUSY_CELLS: ::tallied::__private::SiteCells<13> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_BUSY: ::tallied::__private::Site<32> = ::tallied::__private::Site::new(
            __TALLIED_BUSY_SAYS,
            &__TALLIED_BUSY_CELLS,
            &__TALLIED_BUSY,
        );
        const _: () = {
            ::tallied::__private::listed!(
                __TALLIED_BUSY, __TALLIED_BUSY_SAYS, 1
                "\u{1}my_shop_function_busy_seconds\0\0Time inside polls in seconds, by function and status.\0"
                2 17 * b"function\0status\0\0"
            );
        };
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<12> = ::tallied::__private::Site::new(
                __TALLIED_SITE_SAYS,
                &__TALLIED_CELLS,
                &__TALLIED_SITE,
            )
            .with_busy(&__TALLIED_BUSY);
        ::tallied::__private::listed!(
            __TALLIED_SITE, __TALLIED_SITE_SAYS, 1
            "\u{1}my_shop_function_calls_total\0\0Calls by function and status.\0" 2 17 *
            b"function\0status\0\0"
        );
        const _: () = ::tallied::__private::within_budget(
            &__TALLIED_SITE_SAYS,
            ::tallied::__private::Definition::sure(&__TALLIED_SITE_SAYS, false, true),
        );
        const {
            ::tallied::__private::within_budget_too(
                &__TALLIED_SITE_SAYS,
                ::tallied::__private::Definition::sure(
                    &__TALLIED_SITE_SAYS,
                    false,
                    true,
                ),
                ::tallied::__private::Ways::told_by::<
                    Page,
                    _,
                    _,
                >(
                    &|__out| {
                        use ::tallied::__private::ask::*;
                        (&&&&::tallied::__private::Ask::<
                            ::tallied::__private::Status,
                            _,
                        >::new(__out))
                            .tallied_told()
                    },
                    true,
                ),
            )
        }
        &__TALLIED_SITE
    };
    ::tallied::__private::Observed::busy(
        __site,
        0,
        ::tallied::__private::At::<0>,
        async move {
            #[allow(
                unreachable_code,
                clippy::diverging_sub_expression,
                clippy::empty_loop,
                clippy::let_unit_value
            )]
            if false {
                let __returned: Page = loop {};
                return __returned;
            }
            #[allow(clippy::shadow_same)]
            let url = url;
            {
                const _: () = ();
                get(url).await
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
