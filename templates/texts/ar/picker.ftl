# اختيار المؤسسة قبل تسجيل الدخول.
choose-your-organization = اختر مؤسستك
choose-your-organization-for = اختر مؤسستك – { $application }
used-on-this-device = المستخدمة على هذا الجهاز
organization-name = اسم المؤسسة
organization-name-hint = الاسم المختصر الذي تسجّل به مؤسستك الدخول. اسأل المسؤول لديك إذا كنت لا تعرفه.
no-organization = ليست لديك مؤسسة؟
use-personal-account = استخدام حساب شخصي
enter-organization-name = أدخل اسم مؤسستك.
organization-not-found = لم نعثر على هذه المؤسسة. تحقّق من كتابة الاسم، أو اسأل المسؤول لديك.
