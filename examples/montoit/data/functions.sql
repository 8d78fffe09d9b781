-- Functions, triggers and views of the application; read by schema.sql.

CREATE FUNCTION public.touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER profiles_touch BEFORE UPDATE ON public.profiles FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
CREATE TRIGGER properties_touch BEFORE UPDATE ON public.properties
  FOR EACH ROW WHEN (OLD.title <> NEW.title OR OLD.status <> NEW.status OR OLD.monthly_rent <> NEW.monthly_rent)
  EXECUTE FUNCTION public.touch_updated_at();

-- A login makes a profile, as every Supabase application does it.
CREATE FUNCTION public.handle_new_user() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO public.profiles (id, full_name, phone)
  VALUES (NEW.id, coalesce(nullif(NEW.raw_user_meta_data ->> 'full_name', ''), 'Sans nom'), NEW.phone)
  ON CONFLICT (id) DO NOTHING;
  RETURN NEW;
END
$$;
CREATE TRIGGER on_auth_user_created AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();

CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  INSERT INTO public.audit_log (actor, table_name, operation, before, after, address)
  VALUES (
    auth.uid(), TG_TABLE_NAME, left(TG_OP, 1),
    CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
    CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END,
    inet_client_addr()
  );
  RETURN NULL;
END
$$;
CREATE TRIGGER leases_audit AFTER INSERT OR UPDATE OR DELETE ON public.leases FOR EACH ROW EXECUTE FUNCTION public.audit();
CREATE TRIGGER payments_audit AFTER UPDATE OR DELETE ON public.payments FOR EACH ROW EXECUTE FUNCTION public.audit();

CREATE FUNCTION public.balance_is_paid(lease uuid, until date DEFAULT current_date) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT NOT EXISTS (SELECT FROM public.payments WHERE lease_id = lease AND due_on <= until AND paid_at IS NULL)
$$;
CREATE PROCEDURE public.expire_drafts(older_than interval) LANGUAGE sql AS $$
  UPDATE public.properties SET status = 'retiré' WHERE status = 'brouillon' AND created_at < now() - older_than
$$;
CREATE AGGREGATE public.longest(text) (SFUNC = textcat, STYPE = text, INITCOND = '');

CREATE VIEW public.available_properties WITH (security_barrier) AS
  SELECT p.id, p.reference, p.title, (p.location).city AS city, p.monthly_rent, p.rent_per_m2, o.full_name AS owner
  FROM public.properties p JOIN public.profiles o ON o.id = p.owner_id
  WHERE p.status = 'disponible';
CREATE VIEW public.late_tenants AS
  SELECT l.number, t.full_name, count(*) AS late_payments, max(p.late_days) AS worst
  FROM public.payments p JOIN public.leases l ON l.id = p.lease_id JOIN public.profiles t ON t.id = l.tenant_id
  WHERE p.late_days > 5 GROUP BY l.number, t.full_name;
CREATE MATERIALIZED VIEW public.city_rents AS
  SELECT (location).city AS city, rooms, count(*) AS listings, avg(monthly_rent)::numeric(14, 2) AS average_rent,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY surface_m2) AS median_surface
  FROM public.properties WHERE status <> 'brouillon' GROUP BY 1, 2
  WITH NO DATA;
CREATE UNIQUE INDEX city_rents_key ON public.city_rents (city, rooms);
