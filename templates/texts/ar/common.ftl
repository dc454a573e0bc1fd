# ما تقوله عدة صفحات.
request-id = معرّف الطلب
error-title = خطأ: { $title }
continue-to = للمتابعة إلى { $application }
continue = متابعة
or = أو
wait-seconds = { $seconds ->
    [zero] { $seconds } ثانية
    [one] ثانية واحدة
    [two] ثانيتين
    [few] { $seconds } ثوانٍ
    [many] { $seconds } ثانية
   *[other] { $seconds } ثانية
}
wait-minutes = { $minutes ->
    [zero] { $minutes } دقيقة
    [one] دقيقة واحدة
    [two] دقيقتين
    [few] { $minutes } دقائق
    [many] { $minutes } دقيقة
   *[other] { $minutes } دقيقة
}
nothing-here = لا يوجد شيء في هذا العنوان
    .text = تحقّق من العنوان، أو سجّل الدخول من التطبيق الذي تريد استخدامه.
