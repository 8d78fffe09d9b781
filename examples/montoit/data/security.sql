-- Row security and grants of the application; read by schema.sql.

DO $$
DECLARE
  wanted regclass;
BEGIN
  FOR wanted IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', wanted);
  END LOOP;
END
$$;
ALTER TABLE public.payments FORCE ROW LEVEL SECURITY;

CREATE FUNCTION public.is_admin() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (SELECT FROM public.profiles WHERE id = auth.uid() AND user_type = 'administrateur')
$$;

CREATE POLICY "Chacun voit les profils" ON public.profiles FOR SELECT TO authenticated USING (true);
CREATE POLICY "Chacun modifie le sien" ON public.profiles FOR UPDATE TO authenticated USING (auth.uid() = id) WITH CHECK (auth.uid() = id);
CREATE POLICY "Annonces publiées" ON public.properties FOR SELECT TO anon, authenticated
  USING (status IN ('disponible', 'réservé') OR owner_id = auth.uid());
CREATE POLICY "Le propriétaire gère ses annonces" ON public.properties TO authenticated
  USING (owner_id = auth.uid() OR public.is_admin()) WITH CHECK (owner_id = auth.uid());
CREATE POLICY "Images publiques" ON public.property_images FOR SELECT USING (true);
CREATE POLICY "Candidat ou propriétaire" ON public.rental_applications TO authenticated USING (
  applicant_id = auth.uid() OR EXISTS (SELECT FROM public.properties p WHERE p.id = property_id AND p.owner_id = auth.uid()));
CREATE POLICY "Parties au bail" ON public.leases FOR SELECT TO authenticated USING (
  tenant_id = auth.uid() OR property_id IN (SELECT id FROM public.properties WHERE owner_id = auth.uid()));
CREATE POLICY "Payeur" ON public.payments FOR SELECT TO authenticated USING (
  lease_id IN (SELECT id FROM public.leases WHERE tenant_id = auth.uid()));
CREATE POLICY "Visiteur" ON public.visits TO authenticated USING (visitor_id = auth.uid());
CREATE POLICY "Correspondants" ON public.messages TO authenticated
  USING (auth.uid() IN (sender_id, recipient_id)) WITH CHECK (auth.uid() = sender_id);
CREATE POLICY "Mes documents" ON public.documents TO authenticated USING (owner_id = auth.uid());
CREATE POLICY "Mes notifications" ON public.notifications TO authenticated USING (user_id = auth.uid());
CREATE POLICY "Avis publics" ON public.reviews FOR SELECT USING (true);
CREATE POLICY "Un avis par locataire" ON public.reviews AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK (author_id = auth.uid());
CREATE POLICY "Audit: administrateurs" ON public.audit_log FOR SELECT TO authenticated USING (public.is_admin());

CREATE POLICY "Photos des annonces" ON storage.objects FOR SELECT USING (bucket_id = 'properties');
CREATE POLICY "Dépôt dans son dossier" ON storage.objects FOR INSERT TO authenticated
  WITH CHECK (bucket_id = 'documents' AND auth.uid()::text = (storage.foldername(name))[1]);

REVOKE ALL ON public.audit_log FROM anon, authenticated;
GRANT SELECT ON public.audit_log TO authenticated;
REVOKE ALL ON public.feature_flags FROM anon;
GRANT SELECT (name, enabled) ON public.feature_flags TO anon;
REVOKE EXECUTE ON FUNCTION public.handle_new_user() FROM PUBLIC, anon, authenticated;

ALTER PUBLICATION supabase_realtime ADD TABLE public.messages, public.notifications;
