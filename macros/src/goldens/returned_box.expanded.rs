fn fetch<'a>(url: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
    let __site = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<66> = ::tallied::__private::Site::new(
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
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (false, true),
                ("fetch", 3, true),
            ),
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE,
            "\u{1}my_shop_function_calls_total\0\0Calls by function and status.\0function\0status\0\0\0\0\u{3}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{3}\0\0\0\0\0\0\0fetch\0"
        );
        let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
        &__TALLIED_SITE
    };
    ::tallied::__private::Box::pin(
        ::tallied::__private::Observed::new(
            __site,
            0,
            ::tallied::__private::At::<3>,
            ::tallied::__private::future_of(
                __site,
                0,
                move || -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
                    #[allow(clippy::shadow_same)]
                    let url = url;
                    {
                        const _: () = ();
                        get(url)
                    }
                },
            ),
            |__out| ::tallied::__private::returned::<
                ::tallied::__private::Status,
                _,
            >(__out),
        ),
    )
}
