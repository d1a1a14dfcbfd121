fn only_a_span() {
    let (__span, __site) = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        #[allow(long_running_const_eval)]
        const __TALLIED_LABELS: &[::tallied::__private::Dimension] = &[
            ::tallied::__private::Dimension::path(
                "function",
                ::core::module_path!(),
                __tallied_path,
            ),
        ];
        static __TALLIED_SPAN: ::tallied::__private::SpanSite = ::tallied::__private::SpanSite::new(
            &__TALLIED_SPAN,
            (
                "only_a_span",
                ::core::module_path!(),
                ::tallied::__private::tracing::Level::INFO,
            ),
            (::core::file!(), ::core::line!(), ::core::module_path!()),
            &["function"],
            (__TALLIED_LABELS, &[]),
        );
        (
            || ::core::option::Option::Some((
                &__TALLIED_SPAN,
                ::tallied::__private::tracing::Level::INFO,
            )),
            &::tallied::__private::NOWHERE,
        )
    };
    let __entered = ::tallied::__private::enter(&__span, 0);
    {
        const _: () = ();
    }
}
