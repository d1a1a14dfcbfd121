fn only_a_span() {
    let __site = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        static __TALLIED_SITE: ::tallied::__private::SpanOnly = ::tallied::__private::SpanOnly::new(
            ::tallied::__private::Definition::of_calls(
                &[
                    ::tallied::__private::Dimension::path(
                        "function",
                        ::core::module_path!(),
                        __tallied_path,
                    ),
                ],
                &[],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (false, false),
                ("only_a_span", 3, true),
            ),
        );
        &__TALLIED_SITE
    };
    let __entered = ::tallied::__private::enter(
        __site,
        0,
        ::tallied::__private::At::<3>,
    );
    {
        const _: () = ();
    }
}
