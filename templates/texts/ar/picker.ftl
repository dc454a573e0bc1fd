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
work-email = البريد الإلكتروني للعمل
work-email-hint = نعثر على مؤسستك من الجزء الذي يلي علامة @.
organization-name-or-email = البريد الإلكتروني للعمل أو اسم المؤسسة
organization-name-or-email-hint = عنوانك في العمل، أو الاسم المختصر الذي تسجّل به مؤسستك الدخول.
enter-work-email = أدخل بريدك الإلكتروني للعمل.
enter-organization-name-or-email = أدخل بريدك الإلكتروني للعمل أو اسم مؤسستك.
