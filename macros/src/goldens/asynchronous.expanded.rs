#[allow(clippy::manual_async_fn, clippy::async_yields_async)]
fn fetch<'a>(
    url: &'a str,
    into: &mut Vec<u8>,
) -> impl ::core::future::Future<Output = Result<&'a str, Error>> {
    let __site = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<13> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<34> = ::tallied::__private::Site::new(
            ::tallied::__private::Definition::of_calls(
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
                    ::tallied::__private::Family::histogram(
                        "my_shop_function_duration_seconds",
                        "Duration of calls in seconds, by function and status.",
                        1,
                        true,
                    ),
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (true, true),
                ("fetch", 3, true),
            ),
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE,
            "\u{2}my_shop_function_calls_total\0\0Calls by function and status.\0my_shop_function_duration_seconds\0\0Duration of calls in seconds, by function and status.\0function\0status\0\0function\0status\0\0\0\0\u{4}\0\0\0\0\0\0\0\u{2}\0<\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{4}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{4}\0\0\0\0\0\0\0fetch\0"
        );
        let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
        &__TALLIED_SITE
    };
    ::tallied::__private::Observed::new(
        __site,
        0,
        ::tallied::__private::At::<3>,
        async move {
            #[allow(
                unreachable_code,
                clippy::diverging_sub_expression,
                clippy::empty_loop,
                clippy::let_unit_value
            )]
            if false {
                let __returned: Result<&'a str, Error> = loop {};
                return __returned;
            }
            #[allow(clippy::shadow_same)]
            let into = into;
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
